package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"simtrust/messaging/onetap"
)

type tapAppCmd struct {
	Allow  tapAllowCmd  `cmd:"" help:"Let a chatbot's messages open an app with their recipients logged in."`
	List   tapListCmd   `cmd:"" help:"List the apps that a chatbot may open."`
	Forbid tapForbidCmd `cmd:"" help:"Take that back, also for links that are out."`
}

// Help teaches with an example (kong's HelpProvider).
func (*tapAppCmd) Help() string {
	return "A message may have buttons that log their recipient in at an app: its own URLs only, of apps that are allowed to the chatbot here.\n\n" +
		"    simtrust app register 'Harbour Shop' --redirect-uri https://shop.example/callback --initiate-login-uri https://shop.example/start\n" +
		"    simtrust messaging app allow bot_… app_… --name 'Harbour Shop' --origin https://shop.example\n" +
		"    simtrust messaging app list bot_…\n" +
		"    simtrust messaging app forbid bot_… app_…\n\n" +
		"docs/messaging-onetap.md has the request of the sender and what the app does."
}

type tapAllowCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
	Client  string `arg:"" help:"client_id of the app; simtrust app list shows all."`
	Name    string `required:"" help:"Its name as people read it before they log in."`
	Origin  string `required:"" placeholder:"URL" help:"Where it is, such as https://shop.example: the origin of its initiate_login_uri."`
}

func (c *tapAllowCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := onetap.NewClient(remote).Allow(ctx, onetap.App{Chatbot: c.Chatbot, Client: c.Client, Name: c.Name, Origin: c.Origin}); err != nil {
		return err
	}
	fmt.Println("allowed", c.Client)
	return nil
}

type tapListCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

func (c *tapListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := onetap.NewClient(remote).Apps(ctx, c.Chatbot)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CLIENT_ID\tORIGIN\tALLOWED\tBY\tNAME")
	for _, a := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", a.Client, a.Origin, day(a.Allowed), a.AllowedBy, a.Name)
	}
	return t.Flush()
}

type tapForbidCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot."`
	Client  string `arg:"" help:"client_id of the app."`
}

func (c *tapForbidCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := onetap.NewClient(remote).Forbid(ctx, c.Chatbot, c.Client); err != nil {
		return err
	}
	fmt.Println("forbidden", c.Client)
	return nil
}
