package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"simtrust"
	"simtrust/ca"
)

// reasonOf is the code of a reason that a command takes; -1, which is refused, for any other word.
func reasonOf(word string) int {
	for code := range ca.PrivilegeWithdrawn + 1 {
		if ca.RevocationWord(code) == word {
			return code
		}
	}
	return -1
}

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

type caRevokeCmd struct {
	remoteFlags
	ID     string `arg:"" help:"Certificate; simtrust ca list finds it."`
	Reason string `enum:"unspecified,keyCompromise,affiliationChanged,superseded,cessationOfOperation,certificateHold,removeFromCRL,privilegeWithdrawn" default:"unspecified" help:"Why, in the words of RFC 5280: ${enum}."`
}

// Help explains the reasons (kong's HelpProvider).
func (*caRevokeCmd) Help() string {
	return "Which reason:\n\n" +
		"    keyCompromise         somebody else may have the key; blocks it for ever, revokes every certificate of it, replaces any earlier reason\n" +
		"    superseded            there is a new certificate\n" +
		"    affiliationChanged    the name is no longer right: another organisation, another office\n" +
		"    cessationOfOperation  it is no longer needed\n" +
		"    privilegeWithdrawn    its holder may no longer do what it is for\n" +
		"    certificateHold       for now, where the profile allows it; removeFromCRL undoes it, all others are final\n\n" +
		"OCSP shows the revocation at once, the CRL within ten seconds."
}

func (c *caRevokeCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	cert, err := ca.NewClient(client).Revoke(ctx, ca.RevokeReq{ID: c.ID, Reason: reasonOf(c.Reason)})
	if err != nil {
		return err
	}
	fmt.Println(cert.ID, standing(cert))
	return nil
}

type caBulkRevokeCmd struct {
	remoteFlags
	caQueryFlags
	Reason string `enum:"unspecified,keyCompromise,affiliationChanged,superseded,cessationOfOperation,privilegeWithdrawn" default:"unspecified" help:"Why, in the words of RFC 5280: ${enum}; simtrust ca revoke --help explains them."`
	Yes    bool   `help:"Do it; without, only say how many it would be."`
	Quiet  bool   `short:"q" help:"No progress bar."`
	Job    string `placeholder:"blk_…" help:"Watch a bulk revocation that runs already."`
}

// Help says how it goes on (kong's HelpProvider).
func (*caBulkRevokeCmd) Help() string {
	return "Without --yes it only counts:\n\n" +
		"    simtrust ca bulk-revoke --profile bank-sim --created-before 2026-11-01 --reason superseded\n" +
		"    simtrust ca bulk-revoke --requester est:USERNAME --reason cessationOfOperation --yes      after a credential leaked\n\n" +
		"The server goes on when this command ends; --job watches it again. Certificates made after the start are left alone."
}

func (c *caBulkRevokeCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	client := ca.NewClient(remote)
	if c.Job != "" {
		job, err := client.BulkJob(ctx, c.Job)
		if err != nil {
			return err
		}
		return c.watch(ctx, client, job)
	}
	if !c.Yes {
		return c.rehearse(ctx, client)
	}
	job, err := client.RevokeAll(ctx, ca.BulkReq{Query: c.query(), Reason: reasonOf(c.Reason)})
	if err != nil {
		return err
	}
	return c.watch(ctx, client, job)
}

// rehearse counts what would be revoked.
func (c *caBulkRevokeCmd) rehearse(ctx context.Context, client *ca.Client) error {
	q := c.query()
	valid := false
	q.Revoked = &valid
	n := 0
	for page := (ca.Page{Limit: 1000}); ; {
		found, next, err := client.Search(ctx, q, page)
		if err != nil {
			return err
		}
		n += len(found)
		if page.After = next; next == "" {
			fmt.Printf("%d certificates would be revoked; add --yes to do it\n", n)
			return nil
		}
	}
}

// watch follows a job until it is done.
func (c *caBulkRevokeCmd) watch(ctx context.Context, client *ca.Client, job ca.Job) error {
	fmt.Fprintln(os.Stderr, "job", job.ID)
	bar := progressbar.NewOptions64(max(job.Total, 1), progressbar.OptionSetDescription("revoking"), progressbar.OptionShowCount(),
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(!c.Quiet))
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for job.Finished.IsZero() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server goes on; simtrust ca bulk-revoke --job %s watches it again", job.ID)
		case <-tick.C:
		}
		var err error
		if job, err = client.BulkJob(ctx, job.ID); err != nil {
			return err
		}
		_ = bar.Set64(min(job.Done, max(job.Total, 1)))
	}
	_ = bar.Finish()
	fmt.Printf("\n%d of %d certificates in %s\n", job.Done, job.Total, job.Finished.Sub(job.Started).Round(time.Millisecond))
	return nil
}

type caBlockCmd struct {
	remoteFlags
	KeyHash string `arg:"" help:"SHA-256 of the SubjectPublicKeyInfo in hexadecimal; simtrust ca show prints it."`
	Cause   string `required:"" help:"Why, for the audit trail."`
}

// Help says when (kong's HelpProvider).
func (*caBlockCmd) Help() string {
	return "For a key that is known to be out, whether it has certificates here or not: it gets none any more, and those it has are revoked for " +
		"keyCompromise.\n\n" +
		"    openssl pkey -in found.key -pubout -outform DER | sha256sum\n" +
		"    simtrust ca block HEX --cause 'published in a repository'"
}

func (c *caBlockCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	b, err := hex.DecodeString(c.KeyHash)
	if err != nil || len(b) != 32 {
		return errors.New("a key's hash has 64 hexadecimal digits; openssl pkey -pubin -outform DER | sha256sum computes it")
	}
	if err := ca.NewClient(client).BlockKey(ctx, [32]byte(b), c.Cause); err != nil {
		return err
	}
	fmt.Println("blocked", c.KeyHash)
	return nil
}
