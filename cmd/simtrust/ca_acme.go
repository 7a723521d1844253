package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"simtrust/ca/acme"
)

type caEABCmd struct {
	Make     caEABMakeCmd     `cmd:"" default:"withargs" help:"Make a key that binds ACME accounts: which names they may order."`
	List     caEABListCmd     `cmd:"" help:"List the keys: who made them, how many accounts they bind."`
	Withdraw caEABWithdrawCmd `cmd:"" help:"Withdraw a key: it binds no new account."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caEABCmd) Help() string {
	return "ACME (RFC 8555) is for servers: certbot, lego and others obtain and renew certificates for names that they prove. An officer says " +
		"which names, with a key for external account binding (EAB).\n\n" +
		"    simtrust ca eab --dns shop.example\n" +
		"    certbot certonly --standalone --server SERVER/acme/directory --eab-kid KID --eab-hmac-key KEY -d www.shop.example\n" +
		"    simtrust ca eab list\n" +
		"    simtrust ca eab withdraw KID --accounts\n\n" +
		"One key binds any number of accounts."
}

type caEABMakeCmd struct {
	remoteFlags
	Profile string   `arg:"" default:"tls-server" help:"Profile of the certificates. Default: ${default}."`
	Names   []string `name:"dns" placeholder:"NAME" help:"What may be ordered: a DNS name with everything below it; repeat for several. Default: any name that the client proves."`
}

func (c *caEABMakeCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	e, err := acme.NewClient(remote).NewExternal(ctx, acme.ExternalReq{Profile: c.Profile, Names: c.Names})
	if err != nil {
		return err
	}
	fmt.Printf("kid       %s\nhmac key  %s  (shown once: keep it now)\n", e.KID, base64.RawURLEncoding.EncodeToString(e.Key))
	return nil
}

type caEABListCmd struct {
	remoteFlags
	All bool `short:"a" help:"Withdrawn ones too."`
}

func (c *caEABListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	list, err := everything(ctx, acme.NewClient(remote).Externals)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b acme.External) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.KID, b.KID)) })
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "KID\tPROFILE\tMADE\tBY\tACCOUNTS\tSTATE\tNAMES")
	for _, e := range list {
		if c.All || e.Withdrawn.IsZero() {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", e.KID, e.Profile, day(e.Created), e.CreatedBy, e.Accounts,
				inUse(e.Withdrawn, e.WithdrawnBy), cmp.Or(strings.Join(e.Names, " "), "(any proven)"))
		}
	}
	return t.Flush()
}

type caEABWithdrawCmd struct {
	remoteFlags
	KID      string `arg:"" name:"kid" help:"Key; simtrust ca eab list shows all."`
	Accounts bool   `help:"Deactivate the accounts that it binds as well, with their open orders. Without, they go on ordering and renewing."`
}

// Help says what stays (kong's HelpProvider).
func (*caEABWithdrawCmd) Help() string {
	return "From now on the key binds no new account. Accounts that it bound go on, unless --accounts ends them too; that can be said later, by the " +
		"same command. Certificates stay valid until they are revoked."
}

func (c *caEABWithdrawCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	n, err := acme.NewClient(remote).WithdrawExternal(ctx, acme.WithdrawReq{KID: c.KID, Accounts: c.Accounts})
	if err != nil {
		return err
	}
	fmt.Println("withdrawn", c.KID)
	if c.Accounts {
		fmt.Println(n, "accounts deactivated")
	}
	return nil
}
