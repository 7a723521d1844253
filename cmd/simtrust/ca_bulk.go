package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"

	"simtrust/ca"
)

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
	if q == (ca.Query{}) {
		return errors.New("a bulk revocation needs a condition: --profile, --issuer, --requester or another; --help shows all")
	}
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
	shown := !c.Quiet && terminal(os.Stderr)
	bar := progressbar.NewOptions64(max(job.Total, 1), progressbar.OptionSetDescription("revoking"), progressbar.OptionShowCount(),
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(shown))
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
	if shown {
		fmt.Fprintln(os.Stderr)
	}
	fmt.Printf("revoked %d of %d certificates in %s\n", job.Done, job.Total, job.Finished.Sub(job.Started).Round(time.Millisecond))
	return nil
}
