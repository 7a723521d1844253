package ca_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

func (w *world) count(table string) (n int64) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), `select count(*) from `+table).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// A request key is remembered for its horizon, and then begins something new; the certificate stays.
func TestRequestKeysArePruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.server("a.example")
		req.RequestKey = "order-1"
		first := w.issue(req)
		w.clock.advance(ca.RequestHorizon)
		late := w.server("b.example")
		late.RequestKey = "order-2"
		w.issue(late)
		w.prune()
		if again := w.issue(req); again.ID != first.ID {
			t.Error("forgotten at the horizon")
		}
		w.clock.advance(time.Millisecond)
		w.prune()
		if n := w.count("ca_request"); n != 1 {
			t.Errorf("%d keys are left", n)
		}
		_, err := w.ByRequest(t.Context(), "order-1")
		wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)
		if again := w.issue(req); again.ID == first.ID {
			t.Error("remembered past the horizon")
		}
		if c, err := w.Certificate(t.Context(), first.ID); err != nil || c.State != ca.StateIssued {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// A spent token is remembered until it would be refused anyway.
func TestSpentTokensArePruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := ca.Authorisation{Profile: "tls-server", SANs: ca.SANs{DNS: []string{"a.example"}}}
		token, err := w.Authorise(t.Context(), ca.AuthoriseReq{Authorisation: a, Life: 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		redeem := func() error {
			_, err := w.Redeem(t.Context(), ca.RedeemReq{Token: token.Text, CSR: w.server("a.example").CSR})
			return err
		}
		if err := redeem(); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(24*time.Hour - time.Second)
		w.prune()
		wantError(t, redeem(), simtrust.KindConflict, ca.ReasonTokenSpent)
		w.clock.advance(24 * time.Hour) // a day of slack
		w.prune()
		if n := w.count("ca_spent_token"); n != 1 {
			t.Errorf("%d tokens are left, within the slack", n)
		}
		w.clock.advance(2 * time.Second)
		w.prune()
		if n := w.count("ca_spent_token"); n != 0 {
			t.Errorf("%d tokens are left", n)
		}
		wantError(t, redeem(), simtrust.KindDenied, ca.ReasonTokenInvalid)
	})
}

// Nodes that prune at once get in nobody's way, and leave nothing: several pages of old rows, and young ones beside them.
func TestSeveralNodesPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old := w.clock.now().Add(-ca.RequestHorizon - time.Hour)
		err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			var rows [][]any
			for i := range 2500 {
				rows = append(rows, []any{fmt.Sprintf("old-%d", i), []byte{1}, "x.01", old.UnixMilli()})
			}
			rows = append(rows, []any{"young", []byte{1}, "x.01", w.clock.now().UnixMilli()}, []any{"undated", []byte{1}, "x.01", nil})
			return sqldb.InsertRows(t.Context(), tx, "insert into ca_request (request_key, digest, certificate, at)", rows, "")
		})
		if err != nil {
			t.Fatal(err)
		}
		var nodes sync.WaitGroup
		for _, n := range []*ca.Service{w.Service, w.node(), w.node()} {
			nodes.Go(func() {
				if err := n.Prune(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if n := w.count("ca_request"); n != 2 {
			t.Errorf("%d keys are left, of two", n)
		}
	})
}

// Pruning that is told to stop, or has no store, says so and loses nothing.
func TestPruneFails(t *testing.T) {
	w := embedded(t)
	req := w.server("a.example")
	req.RequestKey = "order-1"
	w.issue(req)
	w.clock.advance(2 * ca.RequestHorizon)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := w.Prune(stopped); err == nil {
		t.Error("pruned after all")
	}
	if n := w.count("ca_request"); n != 1 {
		t.Errorf("%d keys are left", n)
	}
}

func (w *world) prune() {
	w.t.Helper()
	if err := w.Prune(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}
