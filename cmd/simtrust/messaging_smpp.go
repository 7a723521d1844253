package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
)

type smppCmd struct {
	Add    smppAddCmd    `cmd:"" help:"Give a chatbot an account; prints its password once."`
	List   smppListCmd   `cmd:"" help:"List the accounts: whose they are, and from where they may be used."`
	Remove smppRemoveCmd `cmd:"" help:"Withdraw an account: nobody binds with it any more."`
}

// Help teaches with an example (kong's HelpProvider).
func (*smppCmd) Help() string {
	return "Programs that send text messages over SMPP 3.4 bind to messaging.smpp.listen with an account of a chatbot. They send from its address " +
		"alone, to people who have opted in to the chatbot, in one class.\n\n" +
		"    simtrust messaging smpp add harbour bot_… --source 10690001 --class transaction --network 192.0.2.0/24\n" +
		"    simtrust messaging smpp list\n" +
		"    simtrust messaging smpp remove harbour\n\n" +
		"A password of SMPP has 8 characters at most: name the networks that the program binds from."
}

type smppAddCmd struct {
	remoteFlags
	SystemID string   `arg:"" help:"system_id, 1 to 15 characters."`
	Chatbot  string   `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
	Source   string   `required:"" placeholder:"ADDRESS" help:"source_addr that the program sends from."`
	Class    string   `default:"service" enum:"authentication,transaction,service,promotion" help:"What its messages are: authentication, transaction, service or promotion."`
	RCS      bool     `name:"rcs" help:"Rich messages first, text where the phone shows none."`
	Network  []string `placeholder:"PREFIX" help:"Where it binds from, such as 192.0.2.0/24; repeat for several. Default: anywhere."`
}

func (c *smppAddCmd) Run(ctx context.Context) error {
	networks, err := prefixes(c.Network)
	if err != nil {
		return err
	}
	remote, err := c.client()
	if err != nil {
		return err
	}
	password, err := esme.NewClient(remote).Make(ctx, esme.Account{SystemID: c.SystemID, Chatbot: c.Chatbot, Class: dispatch.Class(c.Class), RCS: c.RCS,
		Source: c.Source, Networks: networks})
	if err != nil {
		return err
	}
	fmt.Println("system_id", c.SystemID)
	fmt.Println("password ", password, " (shown once: keep it now)")
	return nil
}

type smppListCmd struct {
	remoteFlags
	All bool `short:"a" help:"Withdrawn ones too."`
}

func (c *smppListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := esme.NewClient(remote).List(ctx)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SYSTEM_ID\tCHATBOT\tCLASS\tSOURCE\tADDED\tBY\tSTATE\tNETWORKS")
	for _, a := range slices.SortedFunc(slices.Values(list), func(a, b esme.Account) int { return a.Created.Compare(b.Created) }) {
		if c.All || a.Withdrawn.IsZero() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", a.SystemID, a.Chatbot, a.Class, a.Source, day(a.Created), a.CreatedBy, useState(a.Withdrawn), fromWhere(a.Networks))
		}
	}
	return t.Flush()
}

type smppRemoveCmd struct {
	remoteFlags
	SystemID string `arg:"" help:"system_id; simtrust messaging smpp list shows all."`
}

func (c *smppRemoveCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := esme.NewClient(remote).Withdraw(ctx, c.SystemID); err != nil {
		return err
	}
	fmt.Println("removed", c.SystemID)
	return nil
}
