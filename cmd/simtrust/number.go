package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"

	"simtrust"
	"simtrust/renumber"
)

type numberCmd struct {
	Import   numberImportCmd   `cmd:"" help:"Import a feed file."`
	Assign   numberAssignCmd   `cmd:"" help:"Tell that a holder took a number."`
	Release  numberReleaseCmd  `cmd:"" help:"Tell that a number was disconnected."`
	Transfer numberTransferCmd `cmd:"" help:"Tell that a number went to another holder."`
	Show     numberShowCmd     `cmd:"" help:"Show who held a number, and since when."`
}

type numberImportCmd struct {
	remoteFlags
	File   string `arg:"" type:"existingfile" help:"CSV with a header line."`
	Source string `help:"Name of the feed; a line is known by source and seq. Default: the file's base name."`
	Quiet  bool   `short:"q" help:"No progress bar."`
}

// Help teaches the file (kong's HelpProvider).
func (*numberImportCmd) Help() string {
	return "The header names the columns, in any order: seq, event, number and effective (RFC 3339) are required, holder, iccid, imsi, imei, to, " +
		"organisation and user optional. Without imsi a number is recorded but cannot log in.\n\n" +
		"    seq,event,number,holder,effective,iccid,imsi\n" +
		"    1,assign,+8613800000001,sub-0001,2021-03-04T00:00:00+08:00,89860012345678901234,460001234567890\n" +
		"    2,release,+8613800000001,,2024-01-01T00:00:00+08:00,,\n\n" +
		"Importing the same file again changes nothing: lines are known by source and seq. A bad line is reported with its number and the rest goes on."
}

func (n *numberImportCmd) Run(ctx context.Context) error {
	c, err := n.client()
	if err != nil {
		return err
	}
	file, err := os.Open(n.File)
	if err != nil {
		return err
	}
	defer file.Close()
	progress, finish := importBar(file, n.Quiet)
	report, err := renumber.ImportCSV(ctx, file, n.source(file), renumber.NewClient(c).Feed, progress)
	finish()
	slices.SortFunc(report.Rejects, func(a, b renumber.Reject) int { return a.Line - b.Line })
	if simtrust.ReasonOf(err) == renumber.ReasonBadHeader {
		return err
	}
	for _, r := range report.Rejects {
		fmt.Fprintf(os.Stderr, "%s:%d: %s: %s\n", n.File, r.Line, r.Reason, r.Message)
	}
	fmt.Printf("%d lines: %d applied, %d known already, %d rejected\n", report.Lines, report.Applied, report.Duplicate, report.Rejected)
	switch {
	case err != nil:
		return fmt.Errorf("the import stopped early: %w; run the same command again, lines that were applied are skipped", err)
	case report.Rejected > 0:
		return fmt.Errorf("%d lines were rejected; mend them and import the file again", report.Rejected)
	}
	return nil
}

func (n *numberImportCmd) source(file *os.File) string {
	if n.Source != "" {
		return n.Source
	}
	info, err := file.Stat()
	if err != nil {
		return "import"
	}
	return info.Name()
}

// importBar shows progress over the bytes of a file, to a person at a terminal.
func importBar(file *os.File, quiet bool) (progress func(int64), finish func()) {
	info, err := file.Stat()
	if quiet || err != nil || !terminal(os.Stderr) {
		return func(int64) {}, func() {}
	}
	bar := progressbar.NewOptions64(info.Size(), progressbar.OptionSetDescription("importing"), progressbar.OptionShowBytes(true),
		progressbar.OptionSetWriter(os.Stderr), progressbar.OptionThrottle(100*time.Millisecond))
	return func(bytes int64) { _ = bar.Set64(bytes) }, func() { _, _ = io.WriteString(os.Stderr, "\n") }
}

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// eventFlags are common to the commands that send one event.
type eventFlags struct {
	remoteFlags
	Number    string    `arg:"" help:"Number with + and country code."`
	Effective time.Time `placeholder:"RFC3339" help:"When it took place. Default: now."`
}

// commandSource is the feed of this command line; its sequence numbers are the nanoseconds of the clock.
const commandSource = "command-line"

func (f eventFlags) send(ctx context.Context, e renumber.FeedEvent) error {
	c, err := f.client()
	if err != nil {
		return err
	}
	e.Seq, e.Number, e.Effective = time.Now().UnixNano(), f.Number, f.Effective
	res, err := renumber.NewClient(c).Feed(ctx, renumber.FeedReq{Source: commandSource, Events: []renumber.FeedEvent{e}})
	if err != nil {
		return err
	}
	if r := res.Results[0]; r.Status == renumber.StatusRejected {
		return fmt.Errorf("%s: %s; simtrust number show tells how the number stands", r.Reason, r.Message)
	}
	fmt.Println(e.Type, "applied to", res.Results[0].Tenure)
	return nil
}

type numberAssignCmd struct {
	eventFlags
	Holder string `required:"" help:"The operator's reference of the subscriber."`
	ICCID  string `name:"iccid" help:"Card number of the primary SIM."`
	IMSI   string `name:"imsi" help:"IMSI of the primary SIM; without it the number is recorded but cannot log in."`
	IMEI   string `name:"imei" help:"The phone, if known."`
}

func (n *numberAssignCmd) Run(ctx context.Context) error {
	return n.send(ctx, renumber.FeedEvent{Type: renumber.Assign, Holder: n.Holder, ICCID: n.ICCID, IMSI: n.IMSI, IMEI: n.IMEI})
}

type numberReleaseCmd struct {
	eventFlags
}

func (n *numberReleaseCmd) Run(ctx context.Context) error {
	return n.send(ctx, renumber.FeedEvent{Type: renumber.Release})
}

type numberTransferCmd struct {
	eventFlags
	To string `required:"" help:"The new holder's reference."`
}

func (n *numberTransferCmd) Run(ctx context.Context) error {
	return n.send(ctx, renumber.FeedEvent{Type: renumber.Transfer, To: n.To})
}

type numberShowCmd struct {
	remoteFlags
	Number string `arg:"" help:"Number with + and country code."`
}

func (n *numberShowCmd) Run(ctx context.Context) error {
	c, err := n.client()
	if err != nil {
		return err
	}
	res, err := renumber.NewClient(c).Show(ctx, renumber.ShowReq{Number: n.Number})
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TENURE\tHOLDER\tOPENED\tCLOSED\tSTATE")
	for _, tenure := range res.Tenures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", tenure.Tenure, tenure.Holder, day(tenure.Opened), day(tenure.Closed), stateOf(tenure))
	}
	return t.Flush()
}

func stateOf(t renumber.ShownTenure) string {
	switch {
	case !t.Closed.IsZero():
		return "ended by " + t.ClosedBy
	case t.OutOfSight:
		return "ported out"
	case t.Suspended:
		return "suspended"
	default:
		return "current"
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}
