package dispatch_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/dispatch/jetstream"
)

// queues are the ways for nodes to learn what is new: from the table, or from a stream beside it.
var queues = map[string]func(t *testing.T) dispatch.Hints{
	"table":     func(*testing.T) dispatch.Hints { return nil },
	"jetstream": func(t *testing.T) dispatch.Hints { return cluster(t) },
}

// cluster is a JetStream server in the process, and a queue on it.
func cluster(t *testing.T) *jetstream.Queue {
	t.Helper()
	s, err := server.NewServer(&server.Options{JetStream: true, StoreDir: t.TempDir(), DontListen: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	q, err := jetstream.Open("", 1, quiet, nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q
}

// TestContract has two nodes bring messages to many, with a network that rejects and throttles: everything is delivered, no attempt is
// made twice, nothing is sent again that was taken.
func TestContract(t *testing.T) {
	for name, queue := range queues {
		t.Run(name, func(t *testing.T) {
			sqldbtest.Each(t, append(schema, outbox.Migrations()), func(t *testing.T, db *sqldb.DB) {
				c := &contract{world: newWorld(t, db), copies: map[string]int{}, all: make(chan struct{})}
				c.clock = &clock{ticking: true}
				c.net.submit = c.answer
				hints := queue(t)
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				var nodes []*dispatch.Service
				for range 2 {
					s, o := c.peer(hints)
					nodes = append(nodes, s)
					running.Go(func() { _ = s.Run(ctx) })
					running.Go(func() { _ = o.Run(ctx) })
				}
				c.offer(nodes[0])
				<-c.all
				cancel()
				running.Wait()
				c.reporting.Wait()
				c.check()
			})
		})
	}
}

// contract is two nodes and the network they share.
type contract struct {
	*world
	mu        sync.Mutex
	s         *dispatch.Service // that hears of reports
	copies    map[string]int    // by id
	taken     map[string]int    // by delivery
	all       chan struct{}
	reporting sync.WaitGroup
}

const (
	codes = 60
	ads   = 300
)

// peer is a node with its outbox.
func (c *contract) peer(hints dispatch.Hints) (*dispatch.Service, *outbox.Outbox) {
	o := outbox.New(c.db, time.Now, slog.New(slog.DiscardHandler))
	s := dispatch.New(dispatch.Deps{DB: c.db, Recipients: c.people, Listener: c.listener, Log: quiet, Now: time.Now},
		dispatch.Config{Batch: 32})
	if hints != nil {
		s.Follow(hints, o)
	}
	s.Carry("net", c.net, rcs, text)
	outbox.On(o, "dispatch", s.Announce)
	c.t.Cleanup(s.Close)
	return s, o
}

func (c *contract) offer(s *dispatch.Service) {
	c.t.Helper()
	c.mu.Lock()
	c.s, c.taken = s, map[string]int{}
	c.mu.Unlock()
	ad, code := plan(dispatch.ClassPromotion), plan(dispatch.ClassAuthentication)
	ad.Expires, code.Expires = time.Now().Add(time.Hour), time.Now().Add(time.Hour)
	code.Message = "msg_2"
	to := make([]dispatch.Target, codes)
	for i := range to {
		to[i] = dispatch.Target{Delivery: simtrust.NewID("dlv"), Tenure: simtrust.NewTenureID()}
	}
	err := c.tx(func(tx *sqldb.Tx) error {
		return s.AcceptAll(c.t.Context(), tx, dispatch.Order{Plan: ad, To: targets(ads)}, dispatch.Order{Plan: code, To: to})
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// answer rejects some by rcs, throttles now and then, and reports what it takes as delivered.
func (c *contract) answer(s dispatch.Submission) dispatch.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.copies[s.ID()]++
	switch n := len(c.copies); {
	case n%50 == 0:
		return dispatch.Outcome{Answer: dispatch.Throttled, After: time.Millisecond}
	case n%5 == 0 && s.Channel == rcs:
		return dispatch.Outcome{Answer: dispatch.NotOnIt}
	}
	if c.taken[s.Delivery]++; len(c.taken) == codes+ads {
		defer close(c.all)
	}
	c.reporting.Go(func() {
		if err := c.s.Report(context.WithoutCancel(c.t.Context()), rcs, []dispatch.Report{{ID: s.ID(), Fate: dispatch.FateDelivered}}); err != nil {
			c.t.Error(err)
		}
	})
	return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
}

func (c *contract) check() {
	c.t.Helper()
	for _, all := range []map[string]int{c.copies, c.taken} {
		for id, n := range all {
			if n != 1 {
				c.t.Errorf("%s %d times", id, n)
			}
		}
	}
	for message, want := range map[string]int64{"msg_1": ads, "msg_2": codes} {
		counts, err := c.s.Counts(c.t.Context(), message)
		if err != nil || counts[dispatch.StateDelivered] != want {
			c.t.Errorf("%s ended as %v, %v", message, counts, err)
		}
	}
}

// forgetful loses every hint.
type forgetful struct{}

func (forgetful) Put(context.Context, []dispatch.Hint) error { return nil }

func (forgetful) Take(context.Context, dispatch.Channel, bool) ([]string, func(), error) {
	return nil, nil, nil
}

// TestLostHints: what they named is found in the table.
func TestLostHints(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, append(schema, outbox.Migrations())...); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	o := outbox.New(db, w.clock.now, quiet)
	w.Service = dispatch.New(dispatch.Deps{DB: db, Recipients: w.people, Listener: w.listener, Log: quiet, Now: w.clock.now},
		dispatch.Config{Lease: lease, Grace: grace})
	t.Cleanup(w.Close)
	w.Follow(forgetful{}, o)
	w.Carry("net", w.net, rcs, text)
	outbox.On(o, "dispatch", w.Announce)
	w.send(plan(dispatch.ClassTransaction))
	if err := o.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.later(9 * time.Second)
	w.want(dispatch.StateQueued)
	w.later(time.Second)
	w.want(dispatch.StateSubmitted, "1 rcs")
}
