package sender_test

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/sender"
)

// quotas gives a chatbot quotas.
func (w *world) quotas(id string, q sender.Quotas) {
	w.t.Helper()
	c, err := w.SetQuotas(w.t.Context(), id, q, "operator")
	must(w.t, c, err)
}

// take takes n messages in a transaction of their own.
func (w *world) take(s *sender.Service, chatbot string, n int64, at time.Time) error {
	return w.db.InTx(w.t.Context(), func(tx *sqldb.Tx) error {
		refused, err := s.TakeAll(w.t.Context(), tx, []sender.Taking{{Chatbot: chatbot, N: n, At: at}})
		return errors.Join(append(refused, err)...)
	})
}

// TestQuotas: each quota has its own reason, a batch is taken whole or not at all, and every period begins anew at its own instant.
func TestQuotas(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		w.quotas(c.ID, sender.Quotas{Second: 10, Day: 15, Month: 18, Year: 20})
		// The last second but one of a day in Shanghai, which is not the last of the year.
		at := time.Date(2026, 11, 29, 15, 59, 58, 0, time.UTC)
		w.clock.advance(at.Sub(w.clock.now()))
		spend := func(n int64, reason string) {
			t.Helper()
			err := w.spend(c.ID, n)
			if reason == "" {
				must(t, n, err)
				return
			}
			wantError(t, err, simtrust.KindLimited, reason)
		}
		spend(11, sender.ReasonOverSecond)
		spend(9, "")
		spend(2, sender.ReasonOverSecond)
		spend(1, "")
		spend(1, sender.ReasonOverSecond)
		w.clock.advance(time.Second) // 23:59:59
		spend(6, sender.ReasonOverDay)
		spend(5, "")
		w.clock.advance(time.Second) // a new day
		spend(4, sender.ReasonOverMonth)
		spend(3, "")
		w.clock.advance(24 * time.Hour) // the first of December
		spend(3, sender.ReasonOverYear)
		spend(2, "")
		spend(1, sender.ReasonOverYear)
		w.clock.advance(31 * 24 * time.Hour) // the first of January
		spend(10, "")

		for _, n := range []int64{0, -1, math.MinInt64} {
			wantError(t, w.spend(c.ID, n), simtrust.KindInvalid, sender.ReasonCount)
		}
		wantError(t, w.spend(c.ID, math.MaxInt64), simtrust.KindLimited, sender.ReasonOverYear)
		wantError(t, w.spend(simtrust.NewID("bot"), 1), simtrust.KindNotFound, sender.ReasonUnknownBot)
		wantError(t, w.spend("bot_\x00", 1), simtrust.KindNotFound, sender.ReasonUnknownBot)
	})
}

// TestClocksThatDiffer: a node whose clock is behind opens no period again.
func TestClocksThatDiffer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		w.quotas(c.ID, sender.Quotas{Second: 1, Day: 2, Month: 1000, Year: 1000})
		now := w.clock.now()
		take := func(at time.Time) error { return w.take(w.Service, c.ID, 1, at) }
		must(t, c, take(now))
		wantError(t, take(now.Add(-time.Second)), simtrust.KindLimited, sender.ReasonOverSecond)
		must(t, c, take(now.Add(time.Second)))
		wantError(t, take(now), simtrust.KindLimited, sender.ReasonOverDay)
		wantError(t, take(now.Add(-24*time.Hour)), simtrust.KindLimited, sender.ReasonOverDay)
	})
}

// TestTakeInTransaction: what is rolled back was not taken, and who may not send takes nothing.
func TestTakeInTransaction(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		w.quotas(c.ID, sender.Quotas{Second: 5, Day: 5, Month: 5, Year: 5})
		undone := errors.New("undone")
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			refused, err := w.TakeAll(t.Context(), tx, []sender.Taking{{Chatbot: c.ID, N: 5, At: w.clock.now()}})
			return errors.Join(err, refused[0], undone)
		})
		if !errors.Is(err, undone) || simtrust.ReasonOf(err) != "" {
			t.Fatal(err)
		}
		draft := w.draft(w.brand("Draft", "Draft Ltd"), "draft")
		var refused []error
		err = w.db.InTx(t.Context(), func(tx *sqldb.Tx) (err error) {
			at := w.clock.now()
			refused, err = w.TakeAll(t.Context(), tx, []sender.Taking{{Chatbot: c.ID, N: 3, At: at}, {Chatbot: draft.ID, N: 1, At: at}, {Chatbot: c.ID, N: 3, At: at},
				{Chatbot: "nobody", N: 1, At: at}, {Chatbot: c.ID, N: 2, At: at}})
			return err
		})
		must(t, c, err)
		for i, want := range []string{"", sender.ReasonNotVerified, sender.ReasonOverYear, sender.ReasonUnknownBot, ""} {
			if simtrust.ReasonOf(refused[i]) != want {
				t.Errorf("taking %d: %v", i, refused[i])
			}
		}
		wantError(t, w.spend(c.ID, 1), simtrust.KindLimited, sender.ReasonOverYear)
	})
}

// TestQuotaRace: sixty-four callers on two nodes take exactly what there is, in shared transactions and in their own.
func TestQuotaRace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		nodes := []*sender.Service{w.Service, w.node()}
		shared := []*sqldb.Coalescer[sender.Taking, struct{}]{w.takings, w.merged(nodes[1])}
		for name, take := range map[string]func(node int) error{
			"shared": func(node int) error {
				_, err := shared[node].Do(t.Context(), sender.Taking{Chatbot: c.ID, N: 3, At: w.clock.now()})
				return err
			},
			"own": func(node int) (err error) {
				for { // serializable transactions on one row: some find it contended
					if err = w.take(nodes[node], c.ID, 3, w.clock.now()); simtrust.KindOf(err) != simtrust.KindUnavailable {
						return err
					}
				}
			},
		} {
			t.Run(name, func(t *testing.T) {
				w.clock.advance(24 * time.Hour)
				w.quotas(c.ID, sender.Quotas{Second: 1000, Day: 100, Month: 1000, Year: 1000})
				var taken atomic.Int64
				var all sync.WaitGroup
				for i := range 64 {
					all.Go(func() {
						switch err := take(i % 2); {
						case err == nil:
							taken.Add(3)
						case simtrust.ReasonOf(err) != sender.ReasonOverDay:
							t.Error(err)
						}
					})
				}
				all.Wait()
				if taken.Load() != 99 {
					t.Errorf("%d messages of 100 were taken by threes", taken.Load())
				}
				must(t, c, w.spend(c.ID, 1))
				wantError(t, w.spend(c.ID, 1), simtrust.KindLimited, sender.ReasonOverDay)
			})
		}
	})
}
