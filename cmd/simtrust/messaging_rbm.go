package main

import (
	"context"
	"fmt"

	"simtrust/messaging/rbm"
)

type rbmCmd struct {
	Token  rbmTokenCmd  `cmd:"" help:"Show the client token that a chatbot's webhook calls are signed with."`
	Rotate rbmRotateCmd `cmd:"" help:"Give a chatbot another client token: the former signs nothing any more."`
}

// Help teaches with an example (kong's HelpProvider).
func (*rbmCmd) Help() string {
	return "Agents written for Google's RCS for Business send below ISSUER/rbm. Calls of their webhook are signed with a client token, " +
		"which its own client reads by GET /messaging/v1/chatbots/BOT/rbm-token, and operators so:\n\n" +
		"    simtrust messaging rbm token bot_…\n" +
		"    simtrust messaging rbm rotate bot_…"
}

type rbmTokenCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

func (c *rbmTokenCmd) Run(ctx context.Context) error {
	return printToken(ctx, c.remoteFlags, c.Chatbot, (*rbm.Client).Token)
}

type rbmRotateCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

func (c *rbmRotateCmd) Run(ctx context.Context) error {
	return printToken(ctx, c.remoteFlags, c.Chatbot, (*rbm.Client).Rotate)
}

func printToken(ctx context.Context, f remoteFlags, chatbot string, token func(*rbm.Client, context.Context, string) (string, error)) error {
	remote, err := f.client()
	if err != nil {
		return err
	}
	text, err := token(rbm.NewClient(remote), ctx, chatbot)
	if err != nil {
		return err
	}
	fmt.Println(text)
	return nil
}
