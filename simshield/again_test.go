package simshield_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield"
)

// TestOrderAgain: a party that lost the answer asks with the same order and gets the same transaction, however it has ended, whether or
// not it could be asked now; with another content it does not.
func TestOrderAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		limited := w.bank.transfer("order-1", 100)
		limited["not_after"] = w.clock.now().Add(time.Minute).Truncate(time.Second).Format(time.RFC3339)
		first := w.bank.ask(limited)
		w.settle()
		again := func() (simshield.Transaction, error) {
			now := w.clock.now()
			limited["iat"], limited["exp"] = now.Unix(), now.Add(time.Minute).Unix()
			return w.Confirm(t.Context(), w.bank.id, w.bank.sign(limited))
		}
		w.clock.advance(2 * time.Minute) // past its not_after
		if got, err := again(); err != nil || got.ID != first.ID || got.State != simshield.StateSigned {
			t.Errorf("%+v, %v", got, err)
		}
		held, err := w.holders.Current(t.Context(), w.number())
		w.must(err, w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: held.ID, Seq: 1}))
		if got, err := again(); err != nil || got.ID != first.ID {
			t.Errorf("without a key: %+v, %v", got, err)
		}
		limited["transfer"].(claims)["amount"] = "101.00"
		if got, err := again(); err == nil {
			t.Errorf("another amount: %+v", got)
		}
		stranger := w.register("stranger", "别家")
		limited["iss"] = stranger.id
		if got, err := w.Confirm(t.Context(), stranger.id, stranger.sign(limited)); err == nil {
			t.Errorf("another party: %+v", got)
		}
	})
}

// TestOrderAtOnce: fifty copies of an order, on two nodes, are one transaction and one prompt.
func TestOrderAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		nodes := []*simshield.Service{w.Service, w.node()}
		request := w.bank.sign(w.bank.transfer("order-1", 100))
		var racing sync.WaitGroup
		var mu sync.Mutex
		ids := map[string]int{}
		for i := range 50 {
			racing.Go(func() {
				tx, err := nodes[i%2].Confirm(t.Context(), w.bank.id, request)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[tx.ID]++
			})
		}
		racing.Wait()
		w.settle()
		if len(ids) != 1 {
			t.Fatalf("%v", ids)
		}
		for id := range ids {
			w.is(id, simshield.StateSigned, "")
		}
		if n := strings.Count(strings.Join(p.person.shown, "\n"), "【转账确认】"); n != 1 {
			t.Errorf("shown %d times", n)
		}
	})
}
