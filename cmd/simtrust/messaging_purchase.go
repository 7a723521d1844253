package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"simtrust/messaging/purchase"
)

type purchaseCmd struct {
	Allow  purchaseAllowCmd  `cmd:"" help:"Let a chatbot carry what a bank signs."`
	List   purchaseListCmd   `cmd:"" help:"List the banks whose requests a chatbot may carry."`
	Forbid purchaseForbidCmd `cmd:"" help:"Take that back; purchases that are open go on."`
	Sign   purchaseSignCmd   `cmd:"" help:"Sign the request of a purchase, as a bank does, and print it; nobody is asked yet."`
}

// Help teaches with an example (kong's HelpProvider).
func (*purchaseCmd) Help() string {
	return "A bank signs what a person is to confirm, and its chatbot asks in a message: a button is enough up to an amount, above it the SIM signs.\n\n" +
		"    simtrust messaging purchase allow bot_… app_…                 the operator: this chatbot for that bank\n" +
		"    simtrust messaging purchase sign +8613800000002 128.00 --payee 示例电器 --account 6217000010001234567 \\\n" +
		"        --customer 6222020200112233 > request.jws\n" +
		"    POST /messaging/v1/purchases {\"chatbot\":\"bot_…\",\"request\":\"…\"}   the chatbot's client, within five minutes\n\n" +
		"allow, list and forbid take the admin token; sign speaks as the bank, by --client-id and --key, or --sandbox. docs/messaging-purchase.md has " +
		"the whole way, and what the bank does with the result."
}

// linkFlags name a chatbot and a bank.
type linkFlags struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
	Party   string `arg:"" help:"client_id of the application that signs; simtrust app list shows all."`
}

type purchaseAllowCmd struct{ linkFlags }

func (c *purchaseAllowCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := purchase.NewClient(remote).Allow(ctx, c.Chatbot, c.Party); err != nil {
		return err
	}
	fmt.Println("allowed", c.Party)
	return nil
}

type purchaseForbidCmd struct{ linkFlags }

func (c *purchaseForbidCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	if err := purchase.NewClient(remote).Disallow(ctx, c.Chatbot, c.Party); err != nil {
		return err
	}
	fmt.Println("forbidden", c.Party)
	return nil
}

type purchaseListCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

func (c *purchaseListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := purchase.NewClient(remote).Links(ctx, c.Chatbot)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BANK\tALLOWED\tBY")
	for _, l := range list {
		fmt.Fprintf(t, "%s\t%s\t%s\n", l.Party, day(l.Created), l.CreatedBy)
	}
	return t.Flush()
}

type purchaseSignCmd struct{ transferFlags }

// answerLife is how long the person has to answer: the longest that the server takes.
const answerLife = 5 * time.Minute

func (c *purchaseSignCmd) Run(context.Context) error {
	p, err := c.party()
	if err != nil {
		return err
	}
	claims, err := c.claims()
	if err != nil {
		return err
	}
	signed, err := c.sign(p, claims, answerLife)
	if err == nil {
		fmt.Println(signed)
	}
	return err
}
