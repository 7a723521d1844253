package redenvelope_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/redenvelope"
)

func (w *world) fulfils() {
	w.t.Helper()
	if err := w.Fulfil(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// TestFulfil: every share is told until it is acknowledged, under an id that stays the same.
func TestFulfil(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 3))
		w.fulfils()
		if w.calls != 0 {
			t.Errorf("%d calls about nothing", w.calls)
		}
		first := w.claims(c.ID, 1)
		w.payErr, w.doubling = errors.New("the answer is lost"), true
		w.fulfils()
		if len(w.paid) != 1 || w.shown(c.ID).Told != 0 {
			t.Errorf("%+v, told %d", w.paid, w.shown(c.ID).Told)
		}
		w.payErr = nil
		w.fulfils() // not due yet
		if calls := w.calls; calls != 1 {
			t.Errorf("%d calls at once", calls)
		}
		w.claims(c.ID, 2)
		w.ended[tenure(2)] = true
		w.pass(time.Second)
		w.fulfils()
		if w.calls != 2 || len(w.paid) != 2 || w.shown(c.ID).Told != 2 {
			t.Errorf("%d calls, %+v", w.calls, w.paid)
		}
		for id, p := range w.paid {
			if id != c.ID+"."+string(p.Tenure) || p.Campaign != c.ID || p.Chatbot != shop || p.Asset != yuan || !p.At.Equal(start) && p.Tenure == tenure(1) {
				t.Errorf("%+v", p)
			}
			if known := p.Number != (simtrust.Number{}); known != (p.Tenure == tenure(1)) {
				t.Errorf("whose number is known: %+v", p)
			}
		}
		if got := w.paid[c.ID+"."+string(tenure(1))].Amount; got != first.Amount {
			t.Errorf("%d of %d", got, first.Amount)
		}
		w.claims(c.ID, 3)
		w.fulfils()
		w.fulfils()
		if n := w.number(`select count(*) from messaging_redenvelope_fulfilment`); w.calls != 3 || n != 0 || w.shown(c.ID).Told != 3 {
			t.Errorf("%d calls, %d are left", w.calls, n)
		}
	})
}

// TestFulfilAfterTheEnd: what was claimed in time is told however late.
func TestFulfilAfterTheEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, untouched := w.campaign(request(1000, 3)), w.campaign(request(1000, 3))
		w.claims(c.ID, 1)
		w.away = errors.New("renumber is away")
		w.fulfils()
		w.away = nil
		w.pass(25 * time.Hour)
		if err := w.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.fulfils()
		if len(w.paid) != 1 || w.shown(c.ID).Told != 1 || w.shown(untouched.ID).Told != 0 {
			t.Errorf("%+v", w.paid)
		}
	})
}

// TestNothingLeftToTell: a campaign that ended with all its shares told is not looked at for ever.
func TestNothingLeftToTell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		expired, closed, owing := w.campaign(request(1000, 3)), w.campaign(request(1000, 3)), w.campaign(request(1000, 3))
		w.claims(closed.ID, 1)
		w.claims(expired.ID, 1)
		w.fulfils()
		w.claims(owing.ID, 1)
		if _, err := w.End(t.Context(), shopClient, closed.ID); err != nil {
			t.Fatal(err)
		}
		w.pass(25 * time.Hour)
		if err := w.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.number(`select count(*) from messaging_redenvelope_fulfilment`); n != 1 {
			t.Errorf("%d are looked at", n)
		}
		w.fulfils()
		for _, c := range []redenvelope.Campaign{expired, closed, owing} {
			if got := w.shown(c.ID); got.Told != 1 || got.Given != 1 {
				t.Errorf("%+v", got)
			}
		}
	})
}

// TestFulfilByTwo: two servers that tell at once neither leave a share out nor tell one twice when nothing fails.
func TestFulfilByTwo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(5000, 1200))
		var all sync.WaitGroup
		for i := range 1200 {
			all.Go(func() {
				if _, err := w.Claim(t.Context(), c.ID, tenure(i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for _, node := range []*redenvelope.Service{w.Service, w.node()} {
			all.Go(func() {
				if err := node.Fulfil(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.fulfils()
		var sum int64
		for _, p := range w.paid {
			sum += p.Amount
		}
		if len(w.paid) != 1200 || sum != 5000 || w.calls != 3 || w.shown(c.ID).Told != 1200 {
			t.Errorf("%d shares of %d in %d calls", len(w.paid), sum, w.calls)
		}
	})
}

// hanging never answers, and says that it was asked.
type hanging struct{ asked chan struct{} }

func (h hanging) Fulfil(ctx context.Context, _ []redenvelope.Payment) error {
	select {
	case h.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestExpiryWithoutFulfilment: what is left goes back in time while the operator's system hangs.
func TestExpiryWithoutFulfilment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		h := hanging{make(chan struct{}, 1)}
		w.fulfiller = h
		c := w.campaign(request(1000, 3))
		had := w.claims(c.ID, 1)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func(s *redenvelope.Service) { ran <- s.Run(ctx) }(w.node())
		<-h.asked
		w.pass(25 * time.Hour)
		w.until("it is given back", func() bool { return !w.shown(c.ID).Ended.IsZero() })
		if got := w.shown(c.ID); got.Refunded != 1000-had.Amount || got.Told != 0 {
			t.Errorf("%+v", got)
		}
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
}

// TestFulfilAsServed: while one campaign is told of, no other is anybody's, so whoever is free takes it.
func TestFulfilAsServed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		h := hanging{make(chan struct{}, 1)}
		w.fulfiller = h
		first, second := w.campaign(request(1000, 3)), w.campaign(request(1000, 3))
		w.claims(first.ID, 1)
		w.claims(second.ID, 1)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func(s *redenvelope.Service) { ran <- s.Fulfil(ctx) }(w.node())
		<-h.asked
		w.fulfils()
		if w.calls != 1 || w.shown(first.ID).Told+w.shown(second.ID).Told != 1 {
			t.Errorf("%d calls, %+v", w.calls, w.paid)
		}
		stop()
		<-ran
	})
}

// TestFulfilOvertaken: who was too slow with one campaign leaves that to whoever has it now, and goes on with the others.
func TestFulfilOvertaken(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		slow, next := w.campaign(request(1000, 3)), w.campaign(request(1000, 3))
		w.claims(slow.ID, 1)
		w.claims(next.ID, 1)
		other := w.node()
		var once sync.Once
		w.fulfiller = fulfiller(func(ctx context.Context, list []redenvelope.Payment) error {
			once.Do(func() {
				w.pass(2 * time.Minute) // the lease is over
				if err := other.Fulfil(ctx); err != nil {
					t.Error(err)
				}
				w.claims(slow.ID, 2)
				w.claims(next.ID, 2)
			})
			return w.outside.Fulfil(ctx, list)
		})
		if err := w.node().Fulfil(t.Context()); err != nil {
			t.Error(err)
		}
		if a, b := w.shown(slow.ID), w.shown(next.ID); a.Told != 2 || b.Told != 2 || len(w.paid) != 4 {
			t.Errorf("%+v %+v", a, b)
		}
	})
}

type fulfiller func(context.Context, []redenvelope.Payment) error

func (f fulfiller) Fulfil(ctx context.Context, list []redenvelope.Payment) error { return f(ctx, list) }

func TestCallback(t *testing.T) {
	var got struct {
		Shares []struct {
			ID, Campaign, Chatbot, Kind, Currency, Unit, Tenure, Number string
			Amount                                                      int64
			Claimed                                                     time.Time
		}
	}
	var auth string
	status := http.StatusNoContent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth = r.Header.Get("Authorization"); r.URL.Path != "/pay" {
			t.Error("followed to ", r.URL.Path)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		if status/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	c := redenvelope.NewCallback(server.Client(), server.URL+"/pay", "secret")
	n, err := simtrust.ParseNumber("+8613800000001")
	if err != nil {
		t.Fatal(err)
	}
	list := []redenvelope.Payment{{ID: "env_1.ten_1", Campaign: "env_1", Chatbot: shop, Asset: yuan, Amount: 7, Tenure: "ten_1", Number: n, At: start},
		{ID: "env_2.ten_1", Campaign: "env_2", Chatbot: shop, Asset: redenvelope.AssetIn("MB"), Amount: 8, Tenure: "ten_1", At: start}}
	if err := c.Fulfil(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if len(got.Shares) != 2 || auth != "Bearer secret" || got.Shares[0].Number != "+8613800000001" || got.Shares[0].Currency != "CNY" || got.Shares[0].Amount != 7 ||
		got.Shares[1].Unit != "MB" || got.Shares[1].Number != "" || got.Shares[1].ID != "env_2.ten_1" {
		t.Errorf("%s %+v", auth, got)
	}
	for _, status = range []int{301, 307, 400, 404, 500} {
		if err := c.Fulfil(t.Context(), list); err == nil || strings.Contains(err.Error(), "138") {
			t.Errorf("%d: %v", status, err)
		}
	}
	server.Close()
	if err := c.Fulfil(context.Background(), list); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
