package redenvelope_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/redenvelope"
)

func wantRefusal(t *testing.T, what string, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if simtrust.KindOf(err) != kind || simtrust.ReasonOf(err) != reason {
		t.Errorf("%s: %v, want %s %s", what, err, kind, reason)
	}
}

// TestCreateRefused: whatever is wrong with a request, nothing of the account is set aside.
func TestCreateRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fund(10_000)
		before := w.fingerprint()
		for what, change := range map[string]func(r *redenvelope.Request){
			"a budget below the shares":     func(r *redenvelope.Request) { r.Budget, r.Shares = 9, 10 },
			"no shares":                     func(r *redenvelope.Request) { r.Shares = 0 },
			"negative shares":               func(r *redenvelope.Request) { r.Budget, r.Shares = -10, -10 },
			"too many shares":               func(r *redenvelope.Request) { r.Budget, r.Shares = 1e9, 1e7+1 },
			"too large a budget":            func(r *redenvelope.Request) { r.Budget = 1e15 + 1 },
			"an uneven fixed split":         func(r *redenvelope.Request) { r.Split, r.Budget, r.Shares = redenvelope.Fixed, 100, 7 },
			"no split":                      func(r *redenvelope.Request) { r.Split = "" },
			"another split":                 func(r *redenvelope.Request) { r.Split = "lucky" },
			"no kind":                       func(r *redenvelope.Request) { r.Asset = redenvelope.Asset{} },
			"money in megabytes":            func(r *redenvelope.Request) { r.Asset = redenvelope.Asset{Kind: redenvelope.Money, Unit: "MB"} },
			"a currency without hundredths": func(r *redenvelope.Request) { r.Unit = "JPY" },
			"over already":                  func(r *redenvelope.Request) { r.Expires = start },
			"no end":                        func(r *redenvelope.Request) { r.Expires = time.Time{} },
			"for too long":                  func(r *redenvelope.Request) { r.Expires = start.Add(31 * 24 * time.Hour) },
			"an end that no clock writes": func(r *redenvelope.Request) {
				r.Expires = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600))
			},
			"a greeting that is too long":    func(r *redenvelope.Request) { r.Greeting = strings.Repeat("福", 101) },
			"a greeting that is no text":     func(r *redenvelope.Request) { r.Greeting = "\xff" },
			"a greeting that no store takes": func(r *redenvelope.Request) { r.Greeting = "a\x00b" },
			"another language":               func(r *redenvelope.Request) { r.Language = "fr" },
			"a negative rule":                func(r *redenvelope.Request) { r.Rules.MinTenureDays = -1 },
			"a rule beyond all measure":      func(r *redenvelope.Request) { r.Rules.SIMHeldDays = 1 << 60 },
			"a negative number of numbers":   func(r *redenvelope.Request) { r.Rules.NumbersPerDevice = -1 },
		} {
			r := request(1000, 10)
			change(&r)
			_, err := w.Create(t.Context(), shopClient, r)
			wantRefusal(t, what, err, simtrust.KindInvalid, redenvelope.ReasonCampaign)
		}
		for _, key := range []string{"", "a b", "ключ", strings.Repeat("k", 65)} {
			r := request(1000, 10)
			r.Key = key
			_, err := w.Create(t.Context(), shopClient, r)
			wantRefusal(t, "the key "+key, err, simtrust.KindInvalid, redenvelope.ReasonKey)
		}
		for _, client := range []string{bankClient, ""} {
			_, err := w.Create(t.Context(), client, request(1000, 10))
			wantRefusal(t, "another's chatbot", err, simtrust.KindDenied, "not_yours")
		}
		_, err := w.Create(t.Context(), shopClient, request(10_001, 10))
		wantRefusal(t, "more than there is", err, simtrust.KindConflict, redenvelope.ReasonFunds)
		r := request(1000, 10)
		r.Unit = "USD"
		_, err = w.Create(t.Context(), shopClient, r)
		wantRefusal(t, "another currency than is funded", err, simtrust.KindConflict, redenvelope.ReasonFunds)
		if after := w.fingerprint(); after != before {
			t.Errorf("refused requests changed %s to %s", before, after)
		}
	})
}

func TestCreateOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fund(3000)
		r := request(1000, 10)
		ids := make([]string, 20)
		var all sync.WaitGroup
		nodes := []*redenvelope.Service{w.Service, w.node()}
		for i := range ids {
			all.Go(func() {
				c, err := nodes[i%2].Create(t.Context(), shopClient, r)
				if ids[i] = c.ID; err != nil || c.State != redenvelope.Open || c.Left != 1000 {
					t.Errorf("%+v %v", c, err)
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] || id == "" {
				t.Errorf("one key made %q and %q", ids[0], id)
			}
		}
		other := r
		other.Budget = 2000
		_, err := w.Create(t.Context(), shopClient, other)
		wantRefusal(t, "the key of another request", err, simtrust.KindConflict, redenvelope.ReasonKeyUsed)
		w.balance(2000)
		w.claims(ids[0], 1)
		w.pass(48 * time.Hour)
		if again, err := w.Create(t.Context(), shopClient, r); err != nil || again.ID != ids[0] || again.Given != 1 || again.State != redenvelope.Expired {
			t.Errorf("the same request two days later: %+v %v", again, err)
		}
	})
}

// TestCreateBeyondTheAccount: two campaigns at once for which there is enough for one.
func TestCreateBeyondTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.fund(1500)
		errs := make([]error, 2)
		var all sync.WaitGroup
		for i, node := range []*redenvelope.Service{w.Service, w.node()} {
			all.Go(func() { _, errs[i] = node.Create(t.Context(), shopClient, request(1000, 10)) })
		}
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%v and %v", errs[0], errs[1])
		}
		w.balance(500)
	})
}

func (w *world) balance(want int64) {
	w.t.Helper()
	list, err := w.Accounts(w.t.Context(), shop)
	if err != nil || len(list) != 1 || list[0] != (redenvelope.Account{Chatbot: shop, Asset: yuan, Balance: want}) {
		w.t.Errorf("%+v %v, want %d", list, err, want)
	}
}

func TestFund(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := redenvelope.Funding{Chatbot: shop, Key: "k1", Asset: yuan, Amount: 700}
		for range 3 {
			if balance, err := w.Fund(t.Context(), f); err != nil || balance != 700 {
				t.Errorf("%d %v", balance, err)
			}
		}
		more := f
		more.Amount = 701
		_, err := w.Fund(t.Context(), more)
		wantRefusal(t, "another amount", err, simtrust.KindConflict, redenvelope.ReasonKeyUsed)
		more.Key = "k2"
		if balance, err := w.Fund(t.Context(), more); err != nil || balance != 1401 {
			t.Errorf("%d %v", balance, err)
		}
		for what, change := range map[string]func(f *redenvelope.Funding){
			"nothing":         func(f *redenvelope.Funding) { f.Amount = 0 },
			"less":            func(f *redenvelope.Funding) { f.Amount = -1 },
			"all there is":    func(f *redenvelope.Funding) { f.Amount = 1e15 + 1 },
			"of unknown kind": func(f *redenvelope.Funding) { f.Asset = redenvelope.AssetIn("shells") },
		} {
			bad := redenvelope.Funding{Chatbot: shop, Key: "k3", Asset: yuan, Amount: 1}
			change(&bad)
			_, err := w.Fund(t.Context(), bad)
			wantRefusal(t, what, err, simtrust.KindInvalid, redenvelope.ReasonFunding)
		}
		_, err = w.Fund(t.Context(), redenvelope.Funding{Chatbot: shop, Asset: yuan, Amount: 1})
		wantRefusal(t, "no key", err, simtrust.KindInvalid, redenvelope.ReasonKey)
		_, err = w.Fund(t.Context(), redenvelope.Funding{Chatbot: "bot_none", Key: "k", Asset: yuan, Amount: 1})
		wantRefusal(t, "no such chatbot", err, simtrust.KindNotFound, "unknown_chatbot")
		w.balance(1401)
	})
}

// TestGivenBackOnce: expiry on two servers at once, and a sender who closes meanwhile.
func TestGivenBackOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, whole, gone := w.campaign(request(1000, 10)), w.campaign(request(500, 5)), w.campaign(request(3, 3))
		share := w.claims(c.ID, 1)
		for i := range 3 {
			w.claims(gone.ID, i)
		}
		if err := w.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.balance(0)
		w.pass(24 * time.Hour)
		var all sync.WaitGroup
		for _, node := range []*redenvelope.Service{w.Service, w.node()} {
			all.Go(func() {
				if err := node.Expire(t.Context()); err != nil {
					t.Error(err)
				}
			})
			all.Go(func() {
				if _, err := node.End(t.Context(), shopClient, c.ID); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		w.balance(1500 - share.Amount)
		if got := w.shown(c.ID); got.State != redenvelope.Expired || got.Refunded != 1000-share.Amount || got.Claimed != share.Amount || got.Left != 0 || got.Ended.IsZero() {
			t.Errorf("%+v", got)
		}
		if got := w.shown(whole.ID); got.Refunded != 500 || got.Claimed != 0 {
			t.Errorf("%+v", got)
		}
		if got := w.shown(gone.ID); got.Refunded != 0 || got.State != redenvelope.Empty || got.Ended.IsZero() {
			t.Errorf("%+v", got)
		}
	})
}

func TestEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		share := w.claims(c.ID, 1)
		_, err := w.End(t.Context(), bankClient, c.ID)
		wantRefusal(t, "another's", err, simtrust.KindNotFound, redenvelope.ReasonUnknown)
		w.claims(c.ID, 2)
		for range 2 {
			got, err := w.End(t.Context(), shopClient, c.ID)
			if err != nil || got.State != redenvelope.Closed || got.Refunded != got.Budget-got.Claimed || got.Claimed <= share.Amount {
				t.Errorf("%+v %v", got, err)
			}
		}
	})
}

// TestForeign: another chatbot's campaigns are as unknown as those that there are not.
func TestForeign(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		for _, ask := range []struct{ client, id string }{{bankClient, c.ID}, {shopClient, "env_none"}, {"", c.ID}} {
			_, err := w.Campaign(t.Context(), ask.client, ask.id)
			wantRefusal(t, "show", err, simtrust.KindNotFound, redenvelope.ReasonUnknown)
			_, _, _, err = w.Shares(t.Context(), ask.client, ask.id, 0, 0)
			wantRefusal(t, "claims", err, simtrust.KindNotFound, redenvelope.ReasonUnknown)
			_, err = w.End(t.Context(), ask.client, ask.id)
			wantRefusal(t, "close", err, simtrust.KindNotFound, redenvelope.ReasonUnknown)
			_, err = w.Send(t.Context(), ask.client, ask.id, redenvelope.Card{To: []string{"+8613800000001"}})
			wantRefusal(t, "send", err, simtrust.KindNotFound, redenvelope.ReasonUnknown)
		}
		if len(w.messages()) != 0 {
			t.Errorf("%+v", w.messages())
		}
	})
}

func TestShares(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		for i := range 5 {
			w.claims(c.ID, i)
		}
		var seen, pages int64
		for after, more := int64(0), true; more; pages++ {
			_, list, next, err := w.Shares(t.Context(), shopClient, c.ID, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, share := range list {
				if seen++; share.Number != seen {
					t.Errorf("%+v", share)
				}
			}
			after, more = next, next > 0
		}
		if seen != 5 || pages != 3 {
			t.Errorf("%d shares on %d pages", seen, pages)
		}
		for _, page := range []struct {
			after int64
			limit int
		}{{-1, 1}, {0, -1}, {0, redenvelope.MaxPage + 1}} {
			_, _, _, err := w.Shares(t.Context(), shopClient, c.ID, page.after, page.limit)
			wantRefusal(t, "a page", err, simtrust.KindInvalid, redenvelope.ReasonPage)
		}
	})
}
