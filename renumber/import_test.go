package renumber_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

func TestImportReportsBadLinesAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		var file strings.Builder
		file.WriteString(header)
		for i := range 1200 {
			switch i {
			case 3:
				file.WriteString("4,assign,\"\n")
			case 700:
				file.WriteString("701,assign,+8613800000000,eve,2026-01-02T00:00:00Z,,,,,,\n")
			default:
				fmt.Fprintf(&file, "%d,assign,+86138%08d,h%d,2026-01-01T00:00:00Z,,,,,,\n", i+1, i, i)
			}
		}
		file.WriteString("1201,release,+8613900000000,,2026-01-02T00:00:00Z,,,,,,")
		var dealtWith []int64
		run := func() renumber.Report {
			report, err := renumber.ImportCSV(t.Context(), strings.NewReader(file.String()), "file", o.Feed, func(n int64) { dealtWith = append(dealtWith, n) })
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		report := run()
		if report.Lines != 1201 || report.Applied != 1198 || report.Duplicate != 0 || report.Rejected != 3 {
			t.Errorf("%+v", report)
		}
		for i, want := range []string{"5 0 malformed", "702 701 held", "1202 1201 never_ours"} {
			if r := report.Rejects[i]; fmt.Sprint(r.Line, r.Seq, " ", r.Reason) != want {
				t.Errorf("%+v, want %s", r, want)
			}
		}
		if n := len(dealtWith); n < 2 || dealtWith[n-1] != int64(file.Len()) {
			t.Errorf("progress %v of %d bytes", dealtWith, file.Len())
		}
		if again := run(); again.Duplicate != 1198 || again.Applied != 0 || again.Rejected != 3 {
			t.Errorf("the same file again: %+v", again)
		}
	})
}

func TestImportThatBreaksOffCanBeRepeated(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		var file strings.Builder
		file.WriteString(header)
		for i := range 2500 {
			fmt.Fprintf(&file, "%d,assign,+86138%08d,h%d,2026-01-01T00:00:00Z,,,,,,\n", i+1, i, i)
		}
		away := &simtrust.Error{Kind: simtrust.KindUnavailable}
		batches := 0
		lost := func(ctx context.Context, req renumber.FeedReq) (renumber.FeedRes, error) {
			if batches++; batches < 2 {
				return o.Feed(ctx, req)
			}
			if _, err := o.Feed(ctx, req); err != nil { // it arrives, and the answer is lost
				return renumber.FeedRes{}, err
			}
			return renumber.FeedRes{}, away
		}
		report, err := renumber.ImportCSV(t.Context(), strings.NewReader(file.String()), "file", lost, nil)
		if !errors.Is(err, away) || report.Applied != 1000 {
			t.Errorf("%+v, %v", report, err)
		}
		report, err = renumber.ImportCSV(t.Context(), strings.NewReader(file.String()), "file", o.Feed, nil)
		if err != nil || report.Applied != 500 || report.Duplicate != 2000 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestImportRefusesAFeedThatDoesNotAnswer(t *testing.T) {
	mute := func(context.Context, renumber.FeedReq) (renumber.FeedRes, error) { return renumber.FeedRes{}, nil }
	file := header + "1,assign,+8613800000001,ann,2026-01-05T00:00:00Z,,,,,,\n"
	if _, err := renumber.ImportCSV(t.Context(), strings.NewReader(file), "file", mute, nil); err == nil {
		t.Error("an event without a result passed")
	}
	if _, err := renumber.ImportCSV(t.Context(), strings.NewReader("x\n"), "file", mute, nil); !isReason(err, simtrust.KindInvalid, renumber.ReasonBadHeader) {
		t.Error(err)
	}
}

// BenchmarkImport reports durable lines of a file a second, each a new tenure with its SIM.
func BenchmarkImport(b *testing.B) {
	db := sqldbtest.Open(b, sqldbtest.SQLiteURL(b))
	if err := sqldb.Migrate(b.Context(), db, renumber.Migrations()); err != nil {
		b.Fatal(err)
	}
	s := renumber.New(renumber.Deps{DB: db, Outbox: &outbox{}, Now: func() time.Time { return now }}, renumber.Config{})
	defer s.Close()
	var file strings.Builder
	file.WriteString(header)
	for i := range b.N {
		iccid, imsi := fmt.Sprintf("898600%014d", i), fmt.Sprintf("460%012d", i)
		fmt.Fprintf(&file, "%d,assign,+86138%08d,h%d,2026-01-01T00:00:00Z,%s,%s,,,,\n", i+1, i, i, iccid, imsi)
	}
	b.ResetTimer()
	report, err := renumber.ImportCSV(b.Context(), strings.NewReader(file.String()), "file", s.Feed, nil)
	if err != nil || report.Applied != b.N {
		b.Fatalf("%+v, %v", report, err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
}
