package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/mod/sumdb/note"

	"simtrust/ca"
	"simtrust/ca/tlog"
)

type caAuditCmd struct {
	remoteFlags
	Key      string        `placeholder:"KEY" help:"Verifier key of the log (NAME+HASH+KEY), noted down before. Default: the one that the server says it has."`
	Record   string        `placeholder:"FILE" help:"Where this audit notes how far log and audit chain went, and the next finds out if they were cut or written anew. Keep it elsewhere than the server."`
	Patience time.Duration `default:"30s" help:"How long a certificate may be on its way to the log."`
	Quiet    bool          `short:"q" help:"No progress bar."`
}

// Help says what is verified (kong's HelpProvider).
func (*caAuditCmd) Help() string {
	return "Reads the transparency log, the register and the audit chain over the network, and verifies that\n\n" +
		"    the audit chain is whole;\n" +
		"    the checkpoint of the log is signed, and the log's entries and tiles make its root;\n" +
		"    every certificate that was issued is in the register and, once, in the log, with a proof of inclusion;\n" +
		"    nothing else is, but for hashes of receipts, each once;\n" +
		"    what is revoked is what the audit chain says was;\n" +
		"    both go on from where they were at the audit before, with --record.\n\n" +
		"Take the key from the server once (curl SERVER/ca/log/key) and give it with --key ever after: a server that forges its log can " +
		"change the key as well. The exit code is 0 only when all agrees."
}

func (c *caAuditCmd) Run(ctx context.Context) error {
	server, api, err := c.connect()
	if err != nil {
		return err
	}
	log, err := tlog.NewClient(server, &http.Client{Timeout: remoteTimeout, CheckRedirect: stay}, api)
	if err != nil {
		return err
	}
	if c.Key == "" {
		if c.Key, err = log.VerifierKey(ctx); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "key", c.Key, "as the server says")
	}
	verifier, err := note.NewVerifier(c.Key)
	if err != nil {
		return errors.New("--key is not a verifier key; curl SERVER/ca/log/key prints one")
	}
	before, err := c.recorded()
	if err != nil {
		return err
	}
	auditor := tlog.Auditor{Before: before, Log: log, Trail: log.Audit, Search: ca.NewClient(api).Search, Verifier: verifier, Patience: c.Patience, Progress: c.progress()}
	finding, err := auditor.Run(ctx)
	if c.bars() {
		fmt.Fprintln(os.Stderr)
	}
	if err != nil {
		return err
	}
	for _, p := range finding.Problems {
		fmt.Println(p)
	}
	if n := len(finding.Problems); n > 0 {
		return fmt.Errorf("the audit found %d problems", n)
	}
	if err := c.record(finding.Mark); err != nil {
		return err
	}
	fmt.Printf("all agrees: %d certificates, %d entries of the log (%d of receipts), %d links of the audit chain\n",
		finding.Certificates, finding.Entries, finding.Receipts, finding.Links)
	return nil
}

// recorded is where the last audit left off; zero without one.
func (c *caAuditCmd) recorded() (m tlog.Mark, err error) {
	if c.Record == "" {
		return m, nil
	}
	text, err := os.ReadFile(c.Record)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("--record: %s holds no note of an audit: %w", c.Record, err)
	}
	return m, nil
}

// record notes where this audit left off, all or nothing.
func (c *caAuditCmd) record(m tlog.Mark) error {
	if c.Record == "" {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	next := c.Record + ".next"
	return errors.Join(os.WriteFile(next, append(text, '\n'), 0o600), os.Rename(next, c.Record))
}

// bars reports whether there is a person to whom progress is shown.
func (c *caAuditCmd) bars() bool { return !c.Quiet && terminal(os.Stderr) }

// progress draws a bar for each thing that is read, on a line of its own.
func (c *caAuditCmd) progress() func(what string, n, of int) {
	var bar *progressbar.ProgressBar
	reading := ""
	return func(what string, n, of int) {
		if what != reading {
			if c.bars() && reading != "" {
				fmt.Fprintln(os.Stderr)
			}
			reading = what
			bar = progressbar.NewOptions(1, progressbar.OptionSetDescription(fmt.Sprintf("%-11s", what)), progressbar.OptionShowCount(),
				progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetVisibility(c.bars()), progressbar.OptionThrottle(100*time.Millisecond))
		}
		bar.ChangeMax(max(of, n, 1))
		_ = bar.Set(n) // a terminal that is gone stops no audit
	}
}
