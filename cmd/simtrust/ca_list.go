package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"simtrust"
	"simtrust/ca"
)

// caQueryFlags select certificates.
type caQueryFlags struct {
	Profile       string            `help:"Of this profile."`
	Issuer        string            `help:"Of this issuer."`
	Subject       string            `help:"With this common name, or first DNS name, exactly."`
	Tenure        simtrust.TenureID `placeholder:"ten_…" help:"On this tenure."`
	KeyHash       string            `placeholder:"HEX" help:"For the key with this SHA-256."`
	Requester     string            `placeholder:"WHO" help:"Asked for by est:USERNAME, acme:ACCOUNT or a client; add dates or a profile in a large register."`
	ExpiresBefore time.Time         `format:"2006-01-02" placeholder:"DATE" help:"Ending before this day."`
	CreatedFrom   time.Time         `format:"2006-01-02" placeholder:"DATE" help:"Made on this day or later."`
	CreatedBefore time.Time         `format:"2006-01-02" placeholder:"DATE" help:"Made before this day."`
}

func (f caQueryFlags) query() ca.Query {
	return ca.Query{Profile: f.Profile, Issuer: f.Issuer, Name: f.Subject, Tenure: f.Tenure, KeyHash: f.KeyHash, Requester: f.Requester,
		ExpiresBefore: f.ExpiresBefore, CreatedFrom: f.CreatedFrom, CreatedBefore: f.CreatedBefore}
}

type caListCmd struct {
	remoteFlags
	caQueryFlags
	Revoked bool `xor:"standing" help:"Only revoked ones."`
	Valid   bool `xor:"standing" help:"Only those not revoked."`
	Limit   int  `default:"100" help:"Stop after this many; 0: never."`
}

// Help teaches with examples (kong's HelpProvider).
func (*caListCmd) Help() string {
	return "Conditions are joined by and; without any, all is listed, oldest first.\n\n" +
		"    simtrust ca list --subject api.bank.example             for a common name, or first DNS name\n" +
		"    simtrust ca list --tenure ten_… --valid                 what hangs on a tenure\n" +
		"    simtrust ca list --profile tls-server --valid --expires-before 2027-01-01\n" +
		"    simtrust ca list --requester est:USERNAME               what a credential obtained\n" +
		"    simtrust ca list --key-hash HEX                         every certificate of a key"
}

func (c *caListCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	q := c.query()
	if c.Revoked || c.Valid {
		q.Revoked = &c.Revoked
	}
	client := ca.NewClient(remote)
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tPROFILE\tNAME\tUNTIL\tSTATE")
	listed := 0
	for page := (ca.Page{Limit: listPage}); ; {
		found, next, err := client.Search(ctx, q, page)
		if err != nil {
			return err
		}
		for _, cert := range found {
			if c.Limit > 0 && listed == c.Limit {
				fmt.Fprintln(os.Stderr, "there are more: --limit 0 lists all")
				return t.Flush()
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", cert.ID, cert.Profile, displayName(cert), cert.NotAfter.Format(time.DateOnly), standing(cert))
			listed++
		}
		if page.After = next; next == "" {
			return t.Flush()
		}
	}
}

func displayName(c ca.Certificate) string {
	if c.Subject.CommonName == "" && len(c.SANs.DNS) > 0 {
		return c.SANs.DNS[0]
	}
	return c.Subject.CommonName
}
