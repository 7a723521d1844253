package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
)

// running runs o until the test ends or stop is called.
func running(t *testing.T, o *outbox.Outbox) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func TestRunDeliversWhatIsCommitted(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		log := slog.New(slog.DiscardHandler)
		o, elsewhere := outbox.New(db, time.Now, log), outbox.New(db, time.Now, log)
		got := make(chan int64, 10)
		outbox.On(o, "s", func(_ context.Context, e parked) error { got <- e.Seq; return nil })
		listen[parked](elsewhere, "s") // a process that does not dispatch
		appendAll(t, db, o, "ten_1", parked{1})
		running(t, o)
		if seq := <-got; seq != 1 {
			t.Errorf("from before the start: %d", seq)
		}
		appendAll(t, db, o, "ten_1", parked{2}, parked{3})
		if a, b := <-got, <-got; a != 2 || b != 3 {
			t.Errorf("woken by the commit: %d %d", a, b)
		}
		appendAll(t, db, elsewhere, "ten_1", parked{4})
		if seq := <-got; seq != 4 {
			t.Errorf("found by the poll: %d", seq)
		}
	})
}

func TestRunRetries(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, time.Now, slog.New(slog.DiscardHandler))
		calls := make(chan bool, 10)
		failed := false
		outbox.On(o, "s", func(context.Context, parked) error {
			calls <- failed
			if !failed {
				failed = true
				return errNo
			}
			return nil
		})
		running(t, o)
		appendAll(t, db, o, "ten_1", parked{1})
		if first, second := <-calls, <-calls; first || !second {
			t.Errorf("%v %v", first, second)
		}
	})
}

func TestRunFinishesWhatItBegan(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		o := outbox.New(db, time.Now, slog.New(slog.DiscardHandler))
		began, let := make(chan bool), make(chan bool)
		s := &seen{}
		outbox.On(o, "s", func(ctx context.Context, e parked) error {
			began <- true
			<-let
			s.add(e)
			return ctx.Err()
		})
		appendAll(t, db, o, "ten_1", parked{1})
		stop := running(t, o)
		<-began
		go func() { let <- true }()
		stop()
		s.want(t, "parked 1")
		drain(t, o)
		s.want(t)
	})
}

// TestDispatchersShareOneStore has two of them deliver many events: each once, in the order of its tenure.
func TestDispatchersShareOneStore(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const tenures, events = 10, 8
		log := slog.New(slog.DiscardHandler)
		var mu sync.Mutex
		next := map[string]int64{}
		left := make(chan bool, tenures*events)
		var appender *outbox.Outbox
		for range 2 {
			o := outbox.New(db, time.Now, log)
			outbox.On(o, "s", func(_ context.Context, e moved) error {
				mu.Lock()
				defer mu.Unlock()
				if next[e.Text]++; next[e.Text] != e.Seq {
					t.Errorf("%s: event %d came as number %d", e.Text, e.Seq, next[e.Text])
				}
				left <- true
				return nil
			})
			running(t, o)
			appender = o
		}
		for seq := range int64(events) {
			for i := range tenures {
				name := fmt.Sprintf("ten_%d", i)
				appendAll(t, db, appender, simtrust.TenureID(name), moved{Seq: seq + 1, Text: name})
			}
		}
		for range tenures * events {
			<-left
		}
	})
}

// TestGathered: what came while a subscriber rested is handled in one round, side by side up to its bound.
func TestGathered(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const atOnce = 6
		o := outbox.New(db, time.Now, slog.New(slog.DiscardHandler))
		start := time.Now()
		var mu sync.Mutex
		var now, most int
		handled := make(chan time.Duration, 3*atOnce)
		outbox.On(o, "s", func(context.Context, parked) error {
			handled <- time.Since(start)
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		}, outbox.Gathered(300*time.Millisecond, atOnce))
		stop := running(t, o)
		for i := range int64(2 * atOnce) {
			appendAll(t, db, o, simtrust.TenureID(fmt.Sprintf("ten_%d", i)), parked{i})
			time.Sleep(10 * time.Millisecond)
		}
		for range 2 * atOnce {
			if at := <-handled; at < 300*time.Millisecond || at >= 2*time.Second {
				t.Errorf("handled after %v", at)
			}
		}
		stop()
		if most != atOnce {
			t.Errorf("%d side by side", most)
		}
	})
}
