package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"simtrust/ca"
	"simtrust/messaging/sender"
)

type templateCmd struct {
	List    templateListCmd    `cmd:"" help:"List the templates; those that wait, unless told otherwise."`
	Approve templateApproveCmd `cmd:"" help:"Approve a template: its chatbot may send it."`
	Reject  templateRejectCmd  `cmd:"" help:"Reject a template, also one that was approved before."`
}

// Help says what an approval is of (kong's HelpProvider).
func (*templateCmd) Help() string {
	return "A template never changes: another text is another template, with a review of its own. So what is approved here is what is sent, with " +
		"single lines in the places of {{1}}, {{2}} and so on.\n\n" +
		"    simtrust messaging template list\n" +
		"    simtrust messaging template approve tpl_…\n" +
		"    simtrust messaging template reject tpl_… --why 'promotion sent as a transaction'"
}

type templateListCmd struct {
	remoteFlags
	State   string `enum:"pending,approved,rejected,all" default:"pending" help:"pending, approved, rejected or all. Default: ${default}."`
	Chatbot string `placeholder:"bot_…" help:"Of this chatbot."`
}

func (c *templateListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	q := sender.TemplateQuery{Chatbot: c.Chatbot}
	if c.State != "all" {
		q.State = sender.TemplateState(c.State)
	}
	client := sender.NewClient(remote)
	list, err := everything(ctx, func(ctx context.Context, p ca.Page) ([]sender.Template, string, error) {
		return client.Templates(ctx, q, sender.Page(p))
	})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tCHATBOT\tCLASS\tSTATE\tSUBMITTED\tTEXT")
	for _, e := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", e.ID, e.Chatbot, e.Class, e.State, day(e.Submitted), oneLine(e.Body))
	}
	return t.Flush()
}

// oneLine shows where a text breaks.
func oneLine(s string) string {
	return strings.NewReplacer("\r\n", " ⏎ ", "\n", " ⏎ ", "\t", " ").Replace(s)
}

type templateApproveCmd struct {
	remoteFlags
	ID  string `arg:"" help:"Template; simtrust messaging template list shows those that wait."`
	Why string `placeholder:"TEXT" help:"For the record."`
}

func (c *templateApproveCmd) Run(ctx context.Context) error {
	return reviewTemplate(ctx, c.remoteFlags, c.ID, true, sender.Decision{Why: c.Why})
}

type templateRejectCmd struct {
	remoteFlags
	whyFlag
	ID string `arg:"" help:"Template; simtrust messaging template list --state all shows all."`
}

func (c *templateRejectCmd) Run(ctx context.Context) error {
	return reviewTemplate(ctx, c.remoteFlags, c.ID, false, c.decision())
}

func reviewTemplate(ctx context.Context, f remoteFlags, id string, approve bool, d sender.Decision) error {
	remote, err := f.client()
	if err != nil {
		return err
	}
	t, err := sender.NewClient(remote).ReviewTemplate(ctx, id, approve, d)
	if err != nil {
		return err
	}
	fmt.Println(t.State, t.ID)
	return nil
}
