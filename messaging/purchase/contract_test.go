package purchase_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/purchase"
)

// gate knows the bank's chatbot, the shop's, an operator, and one without a scope.
type gate struct{}

func (gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	switch token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); token {
	case "bank", "shop":
		return rpc.Caller{Client: token, Scopes: []string{purchase.ScopeSend}}, nil
	case "operator":
		return rpc.Caller{Client: token, Scopes: []string{purchase.ScopeAdmin}}, nil
	case "stranger":
		return rpc.Caller{Client: token}, nil
	}
	return rpc.Caller{}, refusal(simtrust.KindUnauthenticated, "")
}

// as serves the package to who has a token.
func (w *world) as(token string) *purchase.Client {
	w.t.Helper()
	router := rpc.NewRouter(rpc.Config{Auth: gate{}, Log: slog.New(slog.DiscardHandler)})
	w.Mount(router)
	server := httptest.NewServer(router)
	w.t.Cleanup(server.Close)
	return purchase.NewClient(rpc.NewClient(server.URL, server.Client(), token))
}

// TestHTTP: what the operations answer over HTTP is what the methods answer.
func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bank, shop, operator := w.as("bank"), w.as("shop"), w.as("operator")
		req := w.ask("order-1", "1.00")
		p, err := bank.Ask(t.Context(), req)
		if err != nil || p.ID == "" || p.Message == "" || p.State != purchase.StateAsked || !p.Expires.Equal(w.now().Add(time.Minute)) {
			t.Fatalf("%+v, %v", p, err)
		}
		w.tap(button(w.notice(p.ID).confirm))
		kept := w.is(p.ID, purchase.StateConfirmed, purchase.ByButton, "")
		if got, err := bank.Wait(t.Context(), p.ID, time.Second); err != nil || got.State != kept.State || got.Result != kept.Result || !got.Ended.Equal(kept.Ended) {
			t.Errorf("%+v, %v", got, err)
		}
		_, err = bank.Wait(t.Context(), p.ID, time.Minute)
		wants(t, "too long a wait", err, simtrust.KindInvalid, purchase.ReasonWait)
		_, err = shop.Wait(t.Context(), p.ID, 0)
		wants(t, "another's purchase", err, simtrust.KindNotFound, purchase.ReasonUnknown)
		_, err = shop.Ask(t.Context(), req)
		wants(t, "another's chatbot", err, simtrust.KindDenied, "not_yours")
		list, err := operator.Links(t.Context(), bot)
		if err != nil || len(list) != 1 || list[0].Party != party || list[0].CreatedBy != "operator" {
			t.Errorf("%+v, %v", list, err)
		}
		w.must(operator.Disallow(t.Context(), bot, party))
		wants(t, "a link that is none", operator.Disallow(t.Context(), bot, party), simtrust.KindNotFound, purchase.ReasonNoLink)
		wants(t, "a chatbot that is none", operator.Allow(t.Context(), "none", party), simtrust.KindNotFound, "unknown_chatbot")
		_, err = bank.Ask(t.Context(), w.ask("order-2", "1.00"))
		wants(t, "without a link", err, simtrust.KindDenied, purchase.ReasonParty)
		w.must(operator.Allow(t.Context(), bot, party))
		w.must(operator.Allow(t.Context(), bot, party))
		_, err = bank.Ask(t.Context(), w.ask("order-2", "1.00"))
		w.must(err)
	})
}

func wants(t *testing.T, what string, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if simtrust.KindOf(err) != kind || simtrust.ReasonOf(err) != reason {
		t.Errorf("%s: want %s %s, got %v", what, kind, reason, err)
	}
}

// TestScopes: without the scope nothing is answered; a chatbot's client links nothing, and an operator asks nobody.
func TestScopes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for token, may := range map[string][2]bool{"bank": {true, false}, "operator": {false, true}, "stranger": {}, "": {}} {
			c := w.as(token)
			for name, call := range map[string]struct {
				may bool
				do  func(context.Context) error
			}{
				"ask":      {may[0], func(ctx context.Context) error { _, err := c.Ask(ctx, w.ask("order-1", "1.00")); return err }},
				"show":     {may[0], func(ctx context.Context) error { _, err := c.Wait(ctx, "pur_none", 0); return err }},
				"allow":    {may[1], func(ctx context.Context) error { return c.Allow(ctx, "bot_twin", party) }},
				"disallow": {may[1], func(ctx context.Context) error { return c.Disallow(ctx, "bot_none", party) }},
				"links":    {may[1], func(ctx context.Context) error { _, err := c.Links(ctx, bot); return err }},
			} {
				kind := simtrust.KindOf(call.do(t.Context()))
				if refused := kind == simtrust.KindDenied || kind == simtrust.KindUnauthenticated; refused == call.may {
					t.Errorf("%q, %s: %s", token, name, kind)
				}
			}
		}
	})
}
