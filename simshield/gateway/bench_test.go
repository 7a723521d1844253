package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// benchCards is how many cards a benchmark asks, each one question at a time.
const benchCards = 64

// echo is a bearer without a network: what it is given the card answers at once, with the report and, later, the proof.
type echo struct {
	g     *gateway.Service
	cards map[string]*simCard
	later sync.WaitGroup
	b     *testing.B
}

func (e *echo) Deliver(ctx context.Context, m gateway.Message) (gateway.Delivery, error) {
	ctx = context.WithoutCancel(ctx)
	report, later, err := e.cards[m.IMSI].take(m.TPDUs, []byte("done"))
	if err != nil {
		e.b.Error(err)
	}
	e.later.Go(func() {
		if err := e.g.Receive(ctx, m.IMSI, later); err != nil {
			e.b.Error(err)
		}
	})
	return gateway.Delivery{State: gateway.OnPhone, Report: report}, err
}

// clerk asks and is answered, in batches as package simshield does.
type clerk struct {
	g        *gateway.Service
	openings *sqldb.Coalescer[*gateway.Submission, struct{}]
	ends     *sqldb.Coalescer[string, bool]
	answered sync.Map // by reference: chan struct{}
}

func newClerk(db *sqldb.DB, g *gateway.Service) *clerk {
	c := &clerk{g: g}
	c.openings = sqldb.NewCoalescer(db, "bench.open", func(ctx context.Context, tx *sqldb.Tx, batch []*gateway.Submission) ([]sqldb.Result[struct{}], error) {
		list := make([]gateway.Submission, len(batch))
		for i, s := range batch {
			list[i] = *s
		}
		return make([]sqldb.Result[struct{}], len(batch)), g.Submit(ctx, tx, list...)
	})
	c.ends = sqldb.NewCoalescer(db, "bench.end", func(ctx context.Context, tx *sqldb.Tx, batch []string) ([]sqldb.Result[bool], error) {
		_, err := g.Settle(ctx, tx, gateway.Answered, batch...)
		return make([]sqldb.Result[bool], len(batch)), err
	})
	return c
}

func (c *clerk) Replied(ctx context.Context, r gateway.Reply) error {
	_, err := c.ends.Do(ctx, r.Packet)
	if done, ok := c.answered.LoadAndDelete(r.Ref); ok && err == nil {
		close(done.(chan struct{}))
	}
	return err
}

func (c *clerk) Failed(_ context.Context, f gateway.Failure) error {
	return fmt.Errorf("failed: %s", f.Cause)
}

func (c *clerk) ask(ctx context.Context, card *simCard, ref string) error {
	done := make(chan struct{})
	c.answered.Store(ref, done)
	_, err := c.openings.Do(ctx, &gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Data: make([]byte, 180), Expires: time.Now().Add(time.Minute), Ref: ref})
	if err == nil {
		<-done
	}
	return err
}

// BenchmarkAskAndAnswer is one packet from Submit through the card to Settle, every step durable, with 64 cards asked at once. The card's
// part is in it: opening the packet, two answers.
func BenchmarkAskAndAnswer(b *testing.B) {
	sqldbtest.EachBench(b, []sqldb.Migrations{gateway.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		e := &echo{cards: map[string]*simCard{}, b: b}
		g, err := gateway.New(gateway.Deps{DB: db, Bearer: e, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: time.Now},
			gateway.Config{CardKey: cardKey})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(g.Close)
		e.g = g
		clerk := newClerk(db, g)
		b.Cleanup(clerk.openings.Close)
		b.Cleanup(clerk.ends.Close)
		g.Handle(clerk)
		cards := make([]*simCard, benchCards)
		for i := range cards {
			cards[i] = newCard(b, i)
			cards[i].packets = ota.CollectCommands[sms.Address](sms.Limits{Messages: 16, PerSender: 16, Life: time.Minute})
			e.cards[cards[i].personal.IMSI] = cards[i]
			if _, err := g.Import(b.Context(), []gateway.Personalisation{cards[i].personal}); err != nil {
				b.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(b.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = g.Run(ctx) })
		b.ReportAllocs()
		before := cpu(b)
		b.ResetTimer()
		var next atomic.Int64
		var asking sync.WaitGroup
		for _, card := range cards {
			asking.Go(func() {
				for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
					if err := clerk.ask(ctx, card, fmt.Sprint(n)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		asking.Wait()
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s")
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "CPU-µs/op")
		cancel()
		running.Wait()
		e.later.Wait()
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
