package redenvelope_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/redenvelope"
	"simtrust/renumber"
)

// TestClaims: everybody gets one share, and all of them together the budget.
func TestClaims(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 7))
		var sum int64
		for i := range 7 {
			share := w.claims(c.ID, i)
			if share.Number != int64(i+1) || share.Amount < 1 || share.Repeated || share.Tenure != tenure(i) || !share.At.Equal(start) {
				t.Errorf("%+v", share)
			}
			sum += share.Amount
			again := w.claims(c.ID, i)
			share.Repeated = true
			if again != share {
				t.Errorf("the second time %+v, first %+v", again, share)
			}
		}
		if sum != 1000 {
			t.Errorf("%d in all", sum)
		}
		w.refused(c.ID, 7, redenvelope.ReasonOver)
		if got := w.shown(c.ID); got.State != redenvelope.Empty || got.Given != 7 || got.Claimed != 1000 || got.Left != 0 {
			t.Errorf("%+v", got)
		}
		fixed := request(700, 7)
		fixed.Split = redenvelope.Fixed
		if got := w.claims(w.campaign(fixed).ID, 1); got.Amount != 100 {
			t.Errorf("%+v", got)
		}
	})
}

// TestClaimTwentyAtOnce: one person, twenty copies of one tap, on two servers.
func TestClaimTwentyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 100))
		nodes := []*redenvelope.Service{w.Service, w.node()}
		shares := make([]redenvelope.Share, 20)
		var all sync.WaitGroup
		for i := range shares {
			all.Go(func() {
				var err error
				if shares[i], err = nodes[i%2].Claim(t.Context(), c.ID, tenure(1)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		fresh := 0
		for _, s := range shares {
			if !s.Repeated {
				fresh++
			}
			if s.Amount != shares[0].Amount || s.Number != 1 {
				t.Errorf("%+v and %+v", s, shares[0])
			}
		}
		if got := w.shown(c.ID); fresh != 1 || got.Given != 1 || got.Claimed != shares[0].Amount {
			t.Errorf("%d were told they are the first: %+v", fresh, got)
		}
	})
}

// TestClaimOverBudget: more people than shares, at once, on two servers.
func TestClaimOverBudget(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(500, 50))
		nodes := []*redenvelope.Service{w.Service, w.node()}
		var got, over, sum atomic.Int64
		var all sync.WaitGroup
		for i := range 120 {
			all.Go(func() {
				share, err := nodes[i%2].Claim(t.Context(), c.ID, tenure(i))
				switch {
				case err == nil:
					got.Add(1)
					sum.Add(share.Amount)
				case simtrust.ReasonOf(err) == redenvelope.ReasonOver:
					over.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got.Load() != 50 || over.Load() != 70 || sum.Load() != 500 {
			t.Errorf("%d got %d, %d came too late", got.Load(), sum.Load(), over.Load())
		}
	})
}

func TestClaimTooLate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		expired, closed := w.campaign(request(1000, 10)), w.campaign(request(1000, 10))
		first := w.claims(expired.ID, 1)
		w.claims(closed.ID, 1)
		if _, err := w.End(t.Context(), shopClient, closed.ID); err != nil {
			t.Fatal(err)
		}
		w.refused(closed.ID, 2, redenvelope.ReasonClosed)
		w.pass(24*time.Hour - time.Millisecond)
		w.claims(expired.ID, 2)
		w.pass(time.Millisecond)
		w.refused(expired.ID, 3, redenvelope.ReasonExpired)
		if again := w.claims(expired.ID, 1); again.Amount != first.Amount || !again.Repeated {
			t.Errorf("what was claimed in time is %+v", again)
		}
		if err := w.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.refused(expired.ID, 3, redenvelope.ReasonExpired)
		w.refused(closed.ID, 2, redenvelope.ReasonClosed)
	})
}

func TestClaimRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1000, 10)
		r.Rules = redenvelope.Rules{MinTenureDays: 90, SIMHeldDays: 7, NumbersPerDevice: 2}
		c := w.campaign(r)
		old := renumber.Holder{Number: "+8613800000001", Opened: start.AddDate(-1, 0, 0), SIMChanged: start.AddDate(-1, 0, 0), Usable: true}
		for i, change := range []func(h *renumber.Holder) (numbers int64, reason string){
			func(h *renumber.Holder) (int64, string) { h.Usable = false; return 1, redenvelope.ReasonUnusable },
			func(h *renumber.Holder) (int64, string) {
				h.Opened = start.AddDate(0, 0, -90).Add(time.Millisecond)
				return 1, redenvelope.ReasonYoung
			},
			func(h *renumber.Holder) (int64, string) {
				h.SIMChanged = start.AddDate(0, 0, -7).Add(time.Millisecond)
				return 1, redenvelope.ReasonSIM
			},
			func(h *renumber.Holder) (int64, string) { h.SIMChanged = time.Time{}; return 1, redenvelope.ReasonSIM },
			func(h *renumber.Holder) (int64, string) { return 3, redenvelope.ReasonDevice },
			func(h *renumber.Holder) (int64, string) { return 0, redenvelope.ReasonNoDevice },
		} {
			h := old
			var reason string
			w.numbers[tenure(i)], reason = change(&h)
			w.holders[tenure(i)] = h
			w.refused(c.ID, i, reason)
		}
		h := old
		h.Opened, h.SIMChanged = start.AddDate(0, 0, -90), start.AddDate(0, 0, -7)
		w.holders[tenure(50)], w.numbers[tenure(50)] = h, 2
		w.claims(c.ID, 50)

		w.numbers[tenure(51)] = 1
		w.claims(c.ID, 51)
		w.ended[tenure(51)] = true // the number is somebody else's by now
		w.refused(c.ID, 51, redenvelope.ReasonNobody)
		w.ended[tenure(52)] = true
		w.refused(c.ID, 52, redenvelope.ReasonNobody)
		w.refused("env_none", 1, redenvelope.ReasonUnknown)
		w.refused("", 1, redenvelope.ReasonUnknown)

		w.away = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}
		w.numbers[tenure(53)] = 1
		w.refused(c.ID, 53, "away")
		w.away = nil
		w.claims(c.ID, 53)
	})
}

// TestClaimUndone: what is not committed was not claimed.
func TestClaimUndone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if share, err := w.Claim(gone, c.ID, tenure(1)); !errors.Is(err, context.Canceled) || share.Amount != 0 {
			t.Errorf("%+v %v", share, err)
		}
		before := w.fingerprint()
		died := errors.New("died")
		err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error {
			if err := w.ClaimWithin(t.Context(), tx, c.ID, tenure(1), tenure(2)); err != nil {
				t.Error(err)
			}
			return died
		})
		if !errors.Is(err, died) || w.fingerprint() != before {
			t.Errorf("%v: %s, then %s", err, before, w.fingerprint())
		}
		if share := w.claims(c.ID, 1); share.Number != 1 || share.Repeated {
			t.Errorf("%+v", share)
		}
	})
}

// TestLedgerUnderWay: at no moment does anything not add up, whatever happens at once on two servers.
func TestLedgerUnderWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var campaigns []string
		for i := range 4 {
			campaigns = append(campaigns, w.campaign(request(int64(2000+i), int64(40+i))).ID)
		}
		nodes := []*redenvelope.Service{w.Service, w.node()}
		done := make(chan struct{})
		var auditor, all sync.WaitGroup
		auditor.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if n := w.number(crooked); n != 0 {
					t.Errorf("%d accounts do not agree with the ledger", n)
				}
			}
		})
		for i := range 160 {
			all.Go(func() {
				for k := range campaigns {
					id := campaigns[(i+k)%len(campaigns)]
					if i == 80+k {
						if _, err := nodes[i%2].End(t.Context(), shopClient, id); err != nil {
							t.Error(err)
						}
					}
					if _, err := nodes[i%2].Claim(t.Context(), id, tenure(i)); err != nil && simtrust.KindOf(err) != simtrust.KindUnprocessable {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		close(done)
		auditor.Wait()
		for _, id := range campaigns {
			w.shown(id)
		}
	})
}
