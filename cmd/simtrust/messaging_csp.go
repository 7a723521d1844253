package main

import (
	"context"
	"fmt"

	"simtrust/messaging/csp"
)

type cspCmd struct {
	Credentials cspCredentialsCmd `cmd:"" help:"Give a chatbot its app_id, app_key and callback_token; those it had end."`
}

type cspCredentialsCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

// Help says what they are for (kong's HelpProvider).
func (*cspCredentialsCmd) Help() string {
	return "With app_id and app_key a chatbot gets access tokens at POST …/csp/bot/v1/{chatbot_id}/accessToken; callback_token signs what it is called " +
		"with at its webhook of the kind csp. Again: app_id stays, the former app_key, access token and callback_token end at once.\n\n" +
		"    simtrust messaging csp credentials bot_…"
}

func (c *cspCredentialsCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	got, err := csp.NewClient(remote).Issue(ctx, c.Chatbot)
	if err != nil {
		return err
	}
	fmt.Println("chatbot_id    ", got.ServiceID)
	fmt.Println("app_id        ", got.AppID)
	fmt.Println("app_key       ", got.AppKey, " (shown once: keep it now)")
	fmt.Println("callback_token", got.CallbackToken, " (shown once: keep it now)")
	return nil
}
