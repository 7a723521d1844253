package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"simtrust"
	"simtrust/messaging/redenvelope"
)

type redEnvelopeCmd struct {
	Fund     redEnvelopeFundCmd     `cmd:"" help:"Put an amount into a chatbot's account."`
	Accounts redEnvelopeAccountsCmd `cmd:"" help:"What there is for a chatbot, by unit."`
}

// Help teaches with an example (kong's HelpProvider).
func (*redEnvelopeCmd) Help() string {
	return "A campaign of red envelopes takes its budget out of the chatbot's account, which the operator funds; what nobody claims goes back " +
		"there. Amounts are whole: hundredths of a currency (CNY, HKD, MOP, USD, EUR), KB or MB.\n\n" +
		"    simtrust messaging red-envelope fund bot_… 100000 CNY\n" +
		"    simtrust messaging red-envelope accounts bot_…\n\n" +
		"Where the answer did not arrive, repeat it with the --key that it printed: an amount is put in once for a key."
}

type redEnvelopeFundCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
	Amount  int64  `arg:"" help:"How much, whole: hundredths of a currency (888 CNY is 8.88 yuan), KB or MB."`
	Unit    string `arg:"" help:"CNY, HKD, MOP, USD, EUR, KB or MB."`
	Key     string `placeholder:"KEY" help:"Makes it repeatable: the same key puts the amount in once. Default: a new one."`
}

func (c *redEnvelopeFundCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	key := c.Key
	if key == "" {
		key = simtrust.NewID("fund")
	}
	fmt.Fprintln(os.Stderr, "--key", key)
	balance, err := redenvelope.NewClient(remote).Fund(ctx, redenvelope.Funding{Chatbot: c.Chatbot, Key: key, Asset: redenvelope.AssetIn(c.Unit), Amount: c.Amount})
	if err != nil {
		return err
	}
	fmt.Println("balance", balance, c.Unit)
	return nil
}

type redEnvelopeAccountsCmd struct {
	remoteFlags
	Chatbot string `arg:"" help:"Id of the chatbot; simtrust messaging chatbot list shows all."`
}

func (c *redEnvelopeAccountsCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := redenvelope.NewClient(remote).Accounts(ctx, c.Chatbot)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "UNIT\tBALANCE")
	for _, a := range list {
		fmt.Fprintf(t, "%s\t%d\n", a.Unit, a.Balance)
	}
	return t.Flush()
}
