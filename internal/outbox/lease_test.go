package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// TestSlowHandlersKeepTheirLease lets a rival look for expired leases while rounds are under way that last much longer than one.
func TestSlowHandlersKeepTheirLease(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const tenures = 16
		log := slog.New(slog.DiscardHandler)
		slow, rival := outbox.New(db, time.Now, log), outbox.New(db, time.Now, log)
		var seen [tenures]atomic.Int64
		outbox.On(rival, "s", func(_ context.Context, e parked) error { seen[e.Seq].Add(1); return nil })
		outbox.On(slow, "s", func(ctx context.Context, e parked) error {
			seen[e.Seq].Add(1)
			time.Sleep(8 * time.Second)
			return errors.Join(rival.Drain(ctx), ctx.Err())
		})
		for i := range int64(tenures) {
			appendAll(t, db, slow, simtrust.TenureID(fmt.Sprintf("ten_%d", i)), parked{i})
		}
		drain(t, slow)
		for i := range seen {
			if n := seen[i].Load(); n != 1 {
				t.Errorf("event %d was handled %d times", i, n)
			}
		}
	})
}

// TestALostLeaseEndsItsHandlers takes the store away under a handler: it is told to end as the lease does, and no other begins.
func TestALostLeaseEndsItsHandlers(t *testing.T) {
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		synctest.Test(t, func(t *testing.T) {
			db, err := sqldb.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			o := outbox.New(db, time.Now, slog.New(slog.DiscardHandler))
			var began atomic.Int64
			outbox.On(o, "s", func(ctx context.Context, _ parked) error {
				if began.Add(1) == 1 {
					_ = db.Close()
				}
				<-ctx.Done()
				return ctx.Err()
			})
			for i := range int64(6) {
				appendAll(t, db, o, simtrust.TenureID(fmt.Sprintf("ten_%d", i)), parked{i})
			}
			start := time.Now()
			if err := o.Drain(t.Context()); err == nil {
				t.Error("settled in a closed store")
			}
			if n, took := began.Load(), time.Since(start); n != 4 || took > 5*time.Second {
				t.Errorf("%d handlers began; they were told to end after %v", n, took)
			}
		})
	})
}

// TestAStolenRowEndsTheRound has the clock of a rival so far ahead that every lease is over for it.
func TestAStolenRowEndsTheRound(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		log := slog.New(slog.DiscardHandler)
		robbed := outbox.New(db, time.Now, log)
		thief := outbox.New(db, func() time.Time { return time.Now().Add(time.Minute) }, log)
		s := listen[parked](thief, "s")
		outbox.On(robbed, "s", func(ctx context.Context, _ parked) error {
			if err := thief.Drain(ctx); err != nil {
				return err
			}
			<-ctx.Done()
			if ctx.Err() == context.DeadlineExceeded {
				t.Error("the handler was left to its own patience")
			}
			return ctx.Err()
		})
		appendAll(t, db, robbed, "ten_1", parked{1})
		if err := robbed.Drain(t.Context()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		s.want(t, "parked 1")
		drain(t, robbed)
	})
}
