package main

import (
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/mod/sumdb/note"

	"simtrust"
	"simtrust/simshield/receipt"
)

type receiptCmd struct {
	Verify  receiptVerifyCmd  `cmd:"" help:"Verify a receipt offline, and explain every step."`
	Extract receiptExtractCmd `cmd:"" help:"Take a receipt apart into files that other programs verify."`
}

// Help says what a receipt is, and where everything comes from (kong's HelpProvider).
func (*receiptCmd) Help() string {
	return "A receipt is the evidence of a signature that a person gave with the SIM card: what the party asked for, what the card showed and " +
		"signed, and proof that the key's certificate stood at that moment. No server is needed to verify it.\n\n" +
		"    curl -o roots.pem SERVER/ca/roots.pem        once, and compare the fingerprints with those the operator published\n" +
		"    curl -o log.key SERVER/ca/log/key            once\n" +
		"    simtrust receipt verify receipt.json --roots roots.pem --log-key @log.key"
}

type receiptVerifyCmd struct {
	File   string   `arg:"" type:"existingfile" help:"Receipt, as the server gave it."`
	Roots  []string `required:"" type:"existingfile" placeholder:"FILE" help:"Root certificates to trust, PEM; repeat for several files."`
	LogKey string   `placeholder:"KEY|@FILE" help:"Verifier key of the transparency log (NAME+HASH+KEY), or @FILE that holds it."`
	Arc    []string `placeholder:"OID" help:"Object identifier under which the authority's policies are (ca.policy_arc), or once were; repeat for several. Default: 1.3.6.1.4.1.32473.1."`
	JSON   bool     `name:"json" help:"Print the report as JSON."`
}

// Help says what is verified (kong's HelpProvider).
func (*receiptVerifyCmd) Help() string {
	return "Each step passed, failed, or stayed open; the text says why:\n\n" +
		"    form         it is a receipt in its one form: no octet more, none twice\n" +
		"    request      the party signed what it asked for\n" +
		"    display      the card showed the text that was signed\n" +
		"    terms        order, payee, account, amount, memo and time are those the party asked for\n" +
		"    code         both screens showed the code of what was signed\n" +
		"    time stamp   the signature existed at that time\n" +
		"    certificate  the key was certified for this kind of signature, under the given roots\n" +
		"    signature    the key in the SIM card signed\n" +
		"    status       the certificate was not revoked, asked after the time stamp\n" +
		"    seal         nothing was changed since\n" +
		"    times        all happened in this order, before the confirmation lapsed\n" +
		"    log          the operator's transparency log has the receipt\n\n" +
		"The exit code is 0 only where no step failed. A step that is open is for the reader to judge: without a proof of the log, somebody " +
		"at the operator could have made up what only the seal covers (policy, packets, counter) in the minute of the signature; never what " +
		"the person confirmed."
}

func (c *receiptVerifyCmd) Run() error {
	text, err := readReceipt(c.File)
	if err != nil {
		return err
	}
	roots, err := readRoots(c.Roots)
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	report, verdict := receipt.Verify(text, roots, o)
	if simtrust.ReasonOf(verdict) == receipt.ReasonRoots {
		return errors.New("--roots: " + said(verdict) + "; curl -o roots.pem SERVER/ca/roots.pem fetches the roots")
	}
	if len(report.Steps) == 0 {
		return unreadable(c.File, verdict)
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		err = e.Encode(report)
	} else {
		err = printReport(os.Stdout, report)
	}
	if verdict != nil {
		return errors.New("the receipt proves nothing: " + said(verdict) + "; ask whoever gave it to you for the receipt as the server made it, and check --roots")
	}
	return err
}

func (c *receiptVerifyCmd) options() (o receipt.Options, err error) {
	if c.LogKey != "" {
		if o.Log, err = logVerifier(c.LogKey); err != nil {
			return o, err
		}
	}
	for _, text := range c.Arc {
		arc, err := parseArc(text)
		if err != nil {
			return o, errors.New("--arc is not an object identifier, such as 1.3.6.1.4.1.32473.1; ca.policy_arc in the server's configuration says which")
		}
		o.Arcs = append(o.Arcs, arc)
	}
	return o, nil
}

func parseArc(text string) (arc asn1.ObjectIdentifier, err error) {
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil {
			return nil, err
		}
		arc = append(arc, int(n))
	}
	_, err = asn1.Marshal(arc)
	return arc, err
}

// logVerifier is of the value of --log-key.
func logVerifier(key string) (note.Verifier, error) {
	if file, ok := strings.CutPrefix(key, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("%w; --log-key @FILE names a file with the key that curl SERVER/ca/log/key prints", err)
		}
		key = strings.TrimSpace(string(text))
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, errors.New("--log-key is not a verifier key; curl SERVER/ca/log/key prints one")
	}
	return v, nil
}

// readReceipt reads no more of a file than a receipt may have, and one octet to tell.
func readReceipt(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(io.LimitReader(f, receipt.MaxSize+1))
}

func readRoots(files []string) (roots [][]byte, err error) {
	for _, file := range files {
		rest, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		before := len(roots)
		for block := (*pem.Block)(nil); ; {
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if block.Type == "CERTIFICATE" {
				roots = append(roots, block.Bytes)
			}
		}
		if len(roots) == before {
			return nil, fmt.Errorf("%s holds no certificates in PEM; curl -o roots.pem SERVER/ca/roots.pem fetches the roots", file)
		}
	}
	return roots, nil
}

func unreadable(file string, err error) error {
	return fmt.Errorf("%s: %s; a receipt is verified octet for octet as the server gave it (GET /simshield/v1/transactions/ID/receipt): do not format or "+
		"edit it", file, said(err))
}

func printReport(w io.Writer, r receipt.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range r.Steps {
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Outcome, s.Name, s.Text)
	}
	if err := t.Flush(); err != nil || !r.Valid {
		return err
	}
	_, err := fmt.Fprintf(w, "\nThe receipt of %s holds: a %s that %s asked for.\n", r.ID, r.Kind, r.Party)
	return err
}

type receiptExtractCmd struct {
	File string `arg:"" type:"existingfile" help:"Receipt, as the server gave it."`
	Out  string `short:"o" default:"." placeholder:"DIR" help:"Folder for the parts; it must exist. Default: the current one."`
}

// Help shows what other programs make of the parts (kong's HelpProvider).
func (*receiptExtractCmd) Help() string {
	return "Nothing is verified. With openssl, for a key on P-256:\n\n" +
		"    openssl cms -verify -cades -inform DER -in signed-data.der -CAfile roots.pem -purpose any -out statement\n" +
		"    openssl ts -verify -token_in -in time-stamp.der -data signature.der -CAfile roots.pem\n" +
		"    openssl asn1parse -inform DER -in statement.der\n" +
		"    openssl ocsp -respin ocsp.der -resp_text -noverify\n\n" +
		"signed-data.der of an SM2 key has the form of GB/T 35275."
}

func (c *receiptExtractCmd) Run() error {
	text, err := readReceipt(c.File)
	if err != nil {
		return err
	}
	parts, err := receipt.Extract(text)
	if err != nil {
		return unreadable(c.File, err)
	}
	for _, p := range parts {
		path := filepath.Join(c.Out, p.Name)
		if err := writeNew(path, p.Octets); err != nil {
			return fmt.Errorf("%w; --out names an empty folder", err)
		}
		fmt.Println(path)
	}
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(path string, octets []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(octets)
	return errors.Join(err, f.Close())
}
