package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"simtrust/messaging/sender"
)

type chatbotVerifyCmd struct {
	remoteFlags
	ID       string `arg:"" help:"Chatbot; simtrust messaging chatbot list shows all."`
	Revision int64  `placeholder:"N" help:"What was looked at. Without it the chatbot is shown, and nothing is decided."`
	Refuse   bool   `help:"Refuse instead; --why tells its client."`
	Why      string `placeholder:"TEXT" help:"Why, for the record; a refusal needs it."`
}

// Help says how a review goes (kong's HelpProvider).
func (*chatbotVerifyCmd) Help() string {
	return "Look first, then decide about what you saw: what its client changes in between is not approved along with it.\n\n" +
		"    simtrust messaging chatbot verify bot_…\n" +
		"    simtrust messaging chatbot verify bot_… --revision 3\n" +
		"    simtrust messaging chatbot verify bot_… --revision 3 --refuse --why 'the logo is another company'\\''s'\n\n" +
		"A verified chatbot whose client proposes another profile keeps the one that was reviewed until then."
}

func (c *chatbotVerifyCmd) Run(ctx context.Context) error {
	if c.Refuse && c.Why == "" {
		return errors.New("--refuse needs --why: the client is told")
	}
	remote, err := c.client()
	if err != nil {
		return err
	}
	client := sender.NewClient(remote)
	if c.Revision == 0 {
		return c.show(ctx, client)
	}
	b, err := client.Review(ctx, sender.Review{Chatbot: c.ID, Revision: c.Revision, Approved: !c.Refuse, Decision: sender.Decision{Why: c.Why}})
	if err != nil {
		return err
	}
	fmt.Println(b.State(), b.ID, b.Name)
	if b.Certificate.ID == "" {
		fmt.Fprintln(os.Stderr, "without a certificate it does not send: simtrust messaging chatbot certificate binds one")
	}
	return nil
}

func (c *chatbotVerifyCmd) show(ctx context.Context, client *sender.Client) error {
	b, err := client.Chatbot(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := printChatbot(b); err != nil {
		return err
	}
	if waits(b) == "-" {
		fmt.Fprintln(os.Stderr, "nothing waits for review")
		return nil
	}
	fmt.Fprintf(os.Stderr, "to approve this: simtrust messaging chatbot verify %s --revision %d\n", b.ID, b.Revision)
	return nil
}

type chatbotSuspendCmd struct {
	remoteFlags
	whyFlag
	ID string `arg:"" help:"Chatbot; simtrust messaging chatbot list shows all."`
}

func (c *chatbotSuspendCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).Suspend(ctx, c.ID, c.decision())
	if err != nil {
		return err
	}
	fmt.Println("suspended", b.ID, b.Name)
	return nil
}

type chatbotResumeCmd struct {
	remoteFlags
	whyFlag
	ID string `arg:"" help:"Chatbot; simtrust messaging chatbot list --state suspended shows them."`
}

func (c *chatbotResumeCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).Resume(ctx, c.ID, c.decision())
	if err != nil {
		return err
	}
	fmt.Println(b.State(), b.ID, b.Name)
	return nil
}
