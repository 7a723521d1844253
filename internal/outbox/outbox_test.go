package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

var (
	schema = []sqldb.Migrations{outbox.Migrations()}
	errNo  = errors.New("no")
)

// clock is a time that moves when a test says so.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// moved and parked are events of these tests.
type moved struct {
	Seq  int64
	At   time.Time
	Text string
}

type parked struct{ Seq int64 }

// seen collects what a subscriber was handed, as tenure-free strings in order.
type seen struct {
	mu  sync.Mutex
	all []string
}

func (s *seen) add(e any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case moved:
		s.all = append(s.all, fmt.Sprintf("moved %d %s", e.Seq, e.Text))
	case parked:
		s.all = append(s.all, fmt.Sprintf("parked %d", e.Seq))
	}
}

func (s *seen) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.all
	s.all = nil
	return all
}

func (s *seen) want(t *testing.T, want ...string) {
	t.Helper()
	if got := s.take(); !slices.Equal(got, want) {
		t.Errorf("seen %q, want %q", got, want)
	}
}

func listen[E any](o *outbox.Outbox, name string) *seen {
	s := &seen{}
	outbox.On(o, name, func(_ context.Context, e E) error { s.add(e); return nil })
	return s
}

func appendAll(t *testing.T, db *sqldb.DB, o *outbox.Outbox, tenure simtrust.TenureID, events ...any) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
		for _, e := range events {
			if err := o.Append(t.Context(), tx, tenure, seqOf(e), e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func seqOf(e any) int64 {
	switch e := e.(type) {
	case moved:
		return e.Seq
	case *moved:
		return e.Seq
	case parked:
		return e.Seq
	}
	return 0
}

func drain(t *testing.T, o *outbox.Outbox) {
	t.Helper()
	if err := o.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// each runs fn on every store, in a bubble: leases and handlers' patience outlast whatever holds up the machine.
func each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		synctest.Test(t, func(t *testing.T) { fn(t, sqldbtest.Open(t, url)) })
	})
}

func TestEventsReachTheSubscribersOfTheirType(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, newClock().now, slog.New(slog.DiscardHandler))
		var got moved
		outbox.On(o, "a", func(_ context.Context, e moved) error { got = e; return nil })
		b, parkedB, c := listen[moved](o, "b"), listen[parked](o, "b"), listen[parked](o, "c")

		sent := moved{Seq: 1, At: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Text: `"<&` + "\u2028\n"}
		appendAll(t, db, o, "ten_1", sent, &moved{Seq: 2, Text: "by pointer"}, parked{3})
		if got.Seq != 0 {
			t.Error("delivered by Append")
		}
		drain(t, o)
		if got.Seq != 2 || !sent.At.Equal(time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)) {
			t.Errorf("%+v", got)
		}
		b.want(t, "moved 1 "+sent.Text, "moved 2 by pointer")
		parkedB.want(t, "parked 3")
		c.want(t, "parked 3")

		drain(t, o)
		b.want(t)
		c.want(t)
	})
}

func TestRolledBackEventsReachNobody(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, newClock().now, slog.New(slog.DiscardHandler))
		s := listen[parked](o, "s")
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			if err := o.Append(t.Context(), tx, "ten_1", 1, parked{1}); err != nil {
				return err
			}
			return errNo
		})
		if !errors.Is(err, errNo) {
			t.Fatal(err)
		}
		drain(t, o)
		s.want(t)
	})
}

func TestAppendRefuses(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, newClock().now, slog.New(slog.DiscardHandler))
		listen[parked](o, "s")
		outbox.On(o, "s", func(context.Context, struct{ F func() }) error { return nil })
		appendAll(t, db, o, "ten_1", parked{1})
		for name, event := range map[string]any{"the same seq again": parked{1}, "no JSON": struct{ F func() }{}} {
			err := db.InTx(t.Context(), func(tx *sqldb.Tx) error { return o.Append(t.Context(), tx, "ten_1", 1, event) })
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		appendAll(t, db, o, "ten_1", moved{Seq: 1}) // nobody listens to it
	})
}

func TestOnRefusesASecondHandler(t *testing.T) {
	o := outbox.New(nil, newClock().now, slog.New(slog.DiscardHandler))
	listen[parked](o, "s")
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	listen[parked](o, "s")
}

func TestOrderIsPerSubscriberAndTenure(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, newClock().now, slog.New(slog.DiscardHandler))
		s := listen[parked](o, "s")
		appendAll(t, db, o, "ten_1", parked{30}, parked{4}, parked{7})
		appendAll(t, db, o, "ten_1", parked{100}, parked{5})
		drain(t, o)
		s.want(t, "parked 4", "parked 5", "parked 7", "parked 30", "parked 100")
	})
}

// TestAFailureHoldsBackItsTenureOnly follows one failing event with a clock that moves by hand.
func TestAFailureHoldsBackItsTenureOnly(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c := newClock()
		o := outbox.New(db, c.now, slog.New(slog.DiscardHandler))
		var broken atomic.Bool
		broken.Store(true)
		s, other := &seen{}, listen[moved](o, "other")
		outbox.On(o, "s", func(_ context.Context, e moved) error {
			if e.Text == "bad" && broken.Load() {
				return errNo
			}
			s.add(e)
			return nil
		})
		appendAll(t, db, o, "ten_1", moved{Seq: 1, Text: "bad"}, moved{Seq: 2})
		if err := o.Drain(t.Context()); !errors.Is(err, errNo) {
			t.Errorf("Drain: %v", err)
		}
		appendAll(t, db, o, "ten_2", moved{Seq: 1, Text: "fine"})
		drain(t, o)
		s.want(t, "moved 1 fine")
		if got := other.take(); len(got) != 3 {
			t.Errorf("the other subscriber saw %q", got)
		}

		c.advance(300 * time.Millisecond)
		drain(t, o) // too early
		s.want(t)
		broken.Store(false)
		c.advance(300 * time.Millisecond)
		drain(t, o)
		s.want(t, "moved 1 bad", "moved 2 ")
	})
}

func TestRetriesSlowDownToALimit(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c := newClock()
		o := outbox.New(db, c.now, slog.New(slog.DiscardHandler))
		tries := 0
		outbox.On(o, "s", func(context.Context, parked) error { tries++; return errNo })
		appendAll(t, db, o, "ten_1", parked{1})
		for at := range 30 { // 30 doublings would be years
			if err := o.Drain(t.Context()); err == nil || tries != at+1 {
				t.Fatalf("try %d: %v, %d calls", at, err, tries)
			}
			c.advance(5 * time.Minute)
		}
		c.advance(-5*time.Minute + time.Minute)
		drain(t, o)
		if tries != 30 {
			t.Error("tried again after a minute")
		}
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c := newClock()
		var logged bytes.Buffer
		o := outbox.New(db, c.now, slog.New(slog.NewTextHandler(&logged, nil)))
		calls := 0
		outbox.On(o, "s", func(context.Context, parked) error {
			if calls++; calls == 1 {
				panic("poison")
			}
			return nil
		})
		appendAll(t, db, o, "ten_1", parked{1})
		if err := o.Drain(t.Context()); err == nil {
			t.Error("no error")
		}
		if !strings.Contains(logged.String(), "poison") || !strings.Contains(logged.String(), "attempts=1") {
			t.Errorf("log: %s", &logged)
		}
		c.advance(time.Second)
		drain(t, o)
		if calls != 2 {
			t.Errorf("%d calls", calls)
		}
	})
}

// TestACrashDeliversAgain loses the store between handler and settlement, as a killed process would.
func TestACrashDeliversAgain(t *testing.T) {
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		c := newClock()
		dying, err := sqldb.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		first := outbox.New(dying, c.now, slog.New(slog.DiscardHandler))
		outbox.On(first, "s", func(context.Context, parked) error { return dying.Close() })
		appendAll(t, dying, first, "ten_1", parked{1}, parked{2})
		if err := first.Drain(t.Context()); err == nil {
			t.Fatal("settled in a closed store")
		}

		db := sqldbtest.Open(t, url)
		second := outbox.New(db, c.now, slog.New(slog.DiscardHandler))
		s := listen[parked](second, "s")
		drain(t, second) // the first may still be at work
		s.want(t)
		c.advance(5 * time.Second)
		drain(t, second)
		s.want(t, "parked 1", "parked 2")
	})
}

// TestClockPutRight has events written, claimed and put off by a clock that was a year ahead.
func TestClockPutRight(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const year = 365 * 24 * time.Hour
		c, log := newClock(), slog.New(slog.DiscardHandler)
		failing := outbox.New(db, c.now, log)
		outbox.On(failing, "s", func(context.Context, parked) error { return errNo })
		c.advance(year)
		appendAll(t, db, failing, "ten_1", parked{1}, parked{2})
		if err := failing.Drain(t.Context()); !errors.Is(err, errNo) {
			t.Fatal(err)
		}
		appendAll(t, db, failing, "ten_2", parked{3})
		c.advance(-year)
		o := outbox.New(db, c.now, log)
		s := listen[parked](o, "s")
		drain(t, o)
		if got := s.take(); len(got) != 3 {
			t.Errorf("delivered %q", got)
		}
	})
}

// TestALateFailureLeavesTheNextClaimAlone: its lease is over, and a rival has claimed the row and put it off since.
func TestALateFailureLeavesTheNextClaimAlone(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c, log := newClock(), slog.New(slog.DiscardHandler)
		late, rival := outbox.New(db, c.now, log), outbox.New(db, c.now, log)
		tries := 0
		outbox.On(rival, "s", func(context.Context, parked) error { tries++; return errNo })
		outbox.On(late, "s", func(ctx context.Context, _ parked) error {
			c.advance(time.Minute)
			if err := rival.Drain(ctx); !errors.Is(err, errNo) || tries != 1 {
				t.Errorf("the rival did not claim the row: %v", err)
			}
			return errNo
		})
		appendAll(t, db, late, "ten_1", parked{1})
		if err := late.Drain(t.Context()); !errors.Is(err, errNo) {
			t.Fatal(err)
		}
		c.advance(600 * time.Millisecond) // a first failure is due again by now, a second one is not
		drain(t, rival)
		if tries != 1 {
			t.Error("tried again on the word of the late one")
		}
	})
}

func TestHandlersMayAppend(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, newClock().now, slog.New(slog.DiscardHandler))
		outbox.On(o, "first", func(ctx context.Context, e moved) error {
			return db.InTx(ctx, func(tx *sqldb.Tx) error { return o.Append(ctx, tx, "ten_1", e.Seq, parked{e.Seq}) })
		})
		s := listen[parked](o, "second")
		appendAll(t, db, o, "ten_1", moved{Seq: 1}, moved{Seq: 2})
		drain(t, o)
		s.want(t, "parked 1", "parked 2")
	})
}
