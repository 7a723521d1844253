package dispatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"syscall"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
)

// crowd is how many recipients a message has in a benchmark.
const crowd = 100_000

// loop is a bearer without a network: what it is given it accepts, and reports as delivered at once.
type loop struct {
	s       *dispatch.Service
	reports chan []dispatch.Report
	left    sync.WaitGroup
	working sync.WaitGroup
}

func (l *loop) Reach(_ context.Context, _ dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	reached := make([]bool, len(to))
	for i := range reached {
		reached[i] = true
	}
	return reached, nil
}

func (l *loop) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	outcomes := make([]dispatch.Outcome, len(list))
	reports := make([]dispatch.Report, len(list))
	for i, s := range list {
		outcomes[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: s.ID()}
		reports[i] = dispatch.Report{ID: s.ID(), Fate: dispatch.FateDelivered}
	}
	l.reports <- reports
	return outcomes
}

func (l *loop) Query(context.Context, []dispatch.Copy) []dispatch.Finding { return nil }

func (l *loop) Cancel(context.Context, []dispatch.Copy) []dispatch.Recall { return nil }

func (l *loop) report(b *testing.B) {
	for list := range l.reports {
		if err := l.s.Report(context.Background(), text, list); err != nil {
			b.Error(err)
		}
		l.left.Add(-len(list))
	}
}

type nobodyListens struct{}

func (nobodyListens) Begun(context.Context, *sqldb.Tx, []dispatch.Update) error { return nil }

func (nobodyListens) Changed(context.Context, *sqldb.Tx, []dispatch.Update) error { return nil }

type everybody struct{}

func (everybody) Still(_ context.Context, _ dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	standings := make(map[simtrust.TenureID]dispatch.Standing, len(ids))
	for _, id := range ids {
		standings[id] = dispatch.Standing{Number: number}
	}
	return standings, nil
}

func newLoop(b *testing.B, db *sqldb.DB) *loop {
	l := &loop{reports: make(chan []dispatch.Report, 4096)}
	l.s = dispatch.New(dispatch.Deps{DB: db, Recipients: everybody{}, Listener: nobodyListens{}, Log: slog.New(slog.DiscardHandler), Now: time.Now}, dispatch.Config{})
	l.s.Carry("loop", l, text)
	b.Cleanup(l.s.Close)
	return l
}

// accept queues a message to n recipients, and has that timed or not.
func (l *loop) accept(b *testing.B, db *sqldb.DB, n int, timed bool) {
	b.Helper()
	to := make([]dispatch.Target, n)
	for i := range to {
		to[i] = dispatch.Target{Delivery: simtrust.NewID("dlv"), Tenure: simtrust.NewTenureID(), Key: fmt.Sprint(i)}
	}
	p := dispatch.Plan{
		Message: simtrust.NewID("msg"), Chatbot: "bot_1", Class: dispatch.ClassPromotion, Expires: time.Now().Add(time.Hour),
		Steps: []dispatch.Step{{Channel: text, ContentType: "text/plain", Payload: make([]byte, 1024)}},
	}
	if timed {
		b.StartTimer()
	}
	err := db.InTx(b.Context(), func(tx *sqldb.Tx) error { return l.s.Accept(b.Context(), tx, p, to) })
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFanOut accepts one message to 100,000 recipients, durable.
func BenchmarkFanOut(b *testing.B) {
	sqldbtest.EachBench(b, []sqldb.Migrations{dispatch.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		l := newLoop(b, db)
		before := cpu(b)
		b.ResetTimer()
		b.StopTimer()
		for range b.N {
			l.accept(b, db, crowd, true)
		}
		b.ReportMetric(float64(crowd*b.N)/b.Elapsed().Seconds(), "recipients/s")
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(crowd*b.N), "CPU-µs/recipient")
	})
}

// BenchmarkDrain brings one message to 100,000 recipients: leased, numbered, submitted, accepted, reported as delivered, every step
// durable. The bearer and the listener cost nothing.
func BenchmarkDrain(b *testing.B) {
	sqldbtest.EachBench(b, []sqldb.Migrations{dispatch.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		l := newLoop(b, db)
		for range 4 {
			l.working.Go(func() { l.report(b) })
		}
		b.ResetTimer()
		b.StopTimer()
		var used time.Duration
		for range b.N {
			l.left.Add(crowd)
			l.accept(b, db, crowd, false)
			before := cpu(b)
			ctx, cancel := context.WithCancel(b.Context())
			var running sync.WaitGroup
			b.StartTimer()
			running.Go(func() { _ = l.s.Run(ctx) })
			l.left.Wait()
			b.StopTimer()
			cancel()
			running.Wait()
			used += cpu(b) - before
		}
		close(l.reports)
		l.working.Wait()
		b.ReportMetric(float64(crowd*b.N)/b.Elapsed().Seconds(), "deliveries/s")
		b.ReportMetric(float64(used.Microseconds())/float64(crowd*b.N), "CPU-µs/delivery")
	})
}

// cpu is the processor time of this process; a database server's is not in it.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
