package simshield_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// relays carry requests, in process and remotely.
func relays(w *world) map[string]*simshield.Relay {
	router := rpc.NewRouter(rpc.Config{Auth: gate{}, Log: slog.New(slog.DiscardHandler)})
	w.Mount(router)
	return map[string]*simshield.Relay{
		"local": simshield.LocalRelay(router, "carrier"),
		"http":  simshield.NewRelay(w.at("carrier")),
	}
}

func (w *world) meant() simtrust.TenureID {
	w.t.Helper()
	h, err := w.holders.Current(w.t.Context(), w.number())
	w.must(err)
	return h.ID
}

// refOf names the transaction of a request.
func (w *world) refOf(r request.Request) simshield.Relayed {
	return simshield.Relayed{Party: r.Issuer, Order: r.Order, Digest: r.Digest(), Tenure: w.meant()}
}

// TestRelay: what is carried is read, asked once, waited for and taken back, and belongs to the party that signed it.
func TestRelay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		for name, relay := range relays(w) {
			signed := w.bank.sign(w.bank.transfer("order-"+name, 100))
			claims, err := relay.Check(t.Context(), signed)
			if err != nil || claims.Issuer != w.bank.id || claims.Transfer.Amount != "100.00" || claims.PhoneNumber != firstPhone {
				t.Fatalf("%s: %v, %v", name, claims.Transfer, err)
			}
			ref := w.refOf(claims)
			_, err = relay.Wait(t.Context(), ref, 0)
			wants(t, "before it is asked", err, simtrust.KindNotFound, simshield.ReasonUnknown)
			asked, err := relay.Confirm(t.Context(), signed, w.meant())
			w.must(err)
			again, err := relay.Confirm(t.Context(), signed, w.meant())
			if err != nil || again.ID != asked.ID {
				t.Errorf("%s: again: %+v, %v", name, again, err)
			}
			w.settle()
			if got, err := relay.Wait(t.Context(), ref, time.Second); err != nil || got.ID != asked.ID || got.State != simshield.StateSigned {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			_, err = relay.Cancel(t.Context(), ref)
			wants(t, "after the signature", err, simtrust.KindConflict, simshield.ReasonEnded)
			if bundle, err := w.Receipt(t.Context(), w.bank.id, asked.ID); err != nil || !strings.Contains(string(bundle), asked.ID) {
				t.Errorf("%s: the party's receipt: %s, %v", name, bundle, err)
			}
			second := w.bank.sign(w.bank.transfer("second-"+name, 100))
			claims, err = relay.Check(t.Context(), second)
			w.must(err)
			_, err = relay.Confirm(t.Context(), second, w.meant())
			w.must(err)
			if got, err := relay.Cancel(t.Context(), w.refOf(claims)); err != nil || got.State != simshield.StateCancelled {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	})
}

// TestRelayRefused: who carries a request gets nothing that the party did not sign.
func TestRelayRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		stranger := w.register("stranger", "别家")
		transfer := func(change func(claims)) claims {
			c := w.bank.transfer("order-1", 100)
			change(c)
			return c
		}
		as := func(id string) claims { return transfer(func(c claims) { c["iss"] = id }) }
		suspended := w.register("suspended", "停业银行")
		w.parties.set(simshield.Party{ID: suspended.id, Name: suspended.name, Suspended: true})
		shop := w.register("shop", "示例商店")
		p, err := w.parties.Party(t.Context(), shop.id)
		w.must(err)
		p.Confirms = false
		w.parties.set(p)
		good := w.bank.sign(w.bank.transfer("order-1", 100))
		head, rest, _ := strings.Cut(good, ".")
		body, signature, _ := strings.Cut(rest, ".")
		none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"` + request.Type + `"}`))
		for name, c := range map[string]struct{ signed, reason string }{
			"signed by another":     {stranger.sign(w.bank.transfer("order-1", 100)), simshield.ReasonRequestKey},
			"of a party unknown":    {w.bank.sign(as("nobody")), simshield.ReasonRequestKey},
			"of a suspended party":  {suspended.sign(as("suspended")), simshield.ReasonPartySuspended},
			"of one that may not":   {shop.sign(as("shop")), simshield.ReasonPartyScope},
			"without a party":       {w.bank.sign(transfer(func(c claims) { delete(c, "iss") })), simshield.ReasonRequest},
			"unsigned":              {head + "." + body + ".", simshield.ReasonRequestKey},
			"of no algorithm":       {none + "." + body + ".", simshield.ReasonRequestKey},
			"signature of another":  {head + "." + body + "." + strings.Repeat("A", len(signature)), simshield.ReasonRequestKey},
			"no request":            {"purchase", simshield.ReasonRequest},
			"nothing":               {"", simshield.ReasonRequest},
			"too long":              {strings.Repeat("A", 1<<15), simshield.ReasonRequest},
			"a log-in":              {w.bank.sign(w.bank.login("order-1")), simshield.ReasonRequest},
			"for another server":    {w.bank.sign(transfer(func(c claims) { c["aud"] = "https://other.example" })), simshield.ReasonRequest},
			"past":                  {w.bank.sign(transfer(func(c claims) { c["iat"], c["exp"] = 1, 2 })), simshield.ReasonRequest},
			"an unknown claim":      {w.bank.sign(transfer(func(c claims) { c["free"] = true })), simshield.ReasonRequest},
			"what cannot be shown":  {w.bank.sign(transfer(func(c claims) { c["transfer"].(claims)["payee_name"] = "张\u202e伟" })), applet.ReasonDirection},
			"an amount of nobody's": {w.bank.sign(transfer(func(c claims) { c["transfer"].(claims)["amount"] = "1e3" })), applet.ReasonAmount},
		} {
			_, err := w.CheckRelayed(t.Context(), c.signed)
			_, confirming := w.ConfirmRelayed(t.Context(), c.signed, w.meant())
			if simtrust.ReasonOf(err) != c.reason || simtrust.ReasonOf(confirming) != c.reason {
				t.Errorf("%s: %v, %v", name, err, confirming)
			}
		}
	})
}

// TestRelayMeant: only the tenure that is meant is asked, and only who has the request learns of the transaction.
func TestRelayMeant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		signed := w.bank.sign(w.bank.transfer("order-1", 100))
		for _, meant := range []simtrust.TenureID{"", "ten_other"} {
			if got, err := w.ConfirmRelayed(t.Context(), signed, meant); err == nil {
				t.Errorf("%q was asked: %+v", meant, got)
			}
		}
		asked := w.bank.ask(w.bank.transfer("order-1", 100))
		got, err := w.ConfirmRelayed(t.Context(), signed, w.meant())
		if err != nil || got.ID != asked.ID {
			t.Errorf("what the party asked for itself: %+v, %v", got, err)
		}
		_, err = w.ConfirmRelayed(t.Context(), signed, "ten_other")
		wants(t, "another's transaction", err, simtrust.KindDenied, simshield.ReasonNotCurrent)
		claims, err := w.CheckRelayed(t.Context(), signed)
		w.must(err)
		other := sha256.Sum256([]byte("other"))
		for _, change := range []func(*simshield.Relayed){
			func(r *simshield.Relayed) { r.Digest = other[:] }, func(r *simshield.Relayed) { r.Digest = nil },
			func(r *simshield.Relayed) { r.Party = "stranger" }, func(r *simshield.Relayed) { r.Order = "order-2" },
			func(r *simshield.Relayed) { r.Tenure = "ten_other" }, func(r *simshield.Relayed) { r.Tenure = "" },
		} {
			ref := w.refOf(claims)
			change(&ref)
			_, err := w.WaitRelayed(t.Context(), ref, 0)
			wants(t, "a guess", err, simtrust.KindNotFound, simshield.ReasonUnknown)
			_, err = w.CancelRelayed(t.Context(), ref)
			wants(t, "a guess to cancel", err, simtrust.KindNotFound, simshield.ReasonUnknown)
		}
		w.is(asked.ID, simshield.StateOpen, "")
	})
}

// TestRelayAtOnce: twenty copies of a request are one transaction.
func TestRelayAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		signed, meant := w.bank.sign(w.bank.transfer("order-1", 100)), w.meant()
		var racing sync.WaitGroup
		var ids sync.Map
		for range 20 {
			racing.Go(func() {
				got, err := w.ConfirmRelayed(t.Context(), signed, meant)
				if err != nil {
					t.Error(err)
				}
				ids.Store(got.ID, true)
			})
		}
		racing.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d transactions", n)
		}
	})
}

// TestRelayScope: a party's own token carries nothing for others.
func TestRelayScope(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		signed := w.bank.sign(w.bank.transfer("order-1", 100))
		for _, token := range []string{"bank", "anna", "stranger", ""} {
			relay := simshield.NewRelay(w.at(token))
			ref := simshield.Relayed{Party: w.bank.id, Order: "order-1"}
			for name, call := range map[string]func(context.Context) error{
				"check":   func(ctx context.Context) error { _, err := relay.Check(ctx, signed); return err },
				"confirm": func(ctx context.Context) error { _, err := relay.Confirm(ctx, signed, w.meant()); return err },
				"state":   func(ctx context.Context) error { _, err := relay.Wait(ctx, ref, 0); return err },
				"cancel":  func(ctx context.Context) error { _, err := relay.Cancel(ctx, ref); return err },
			} {
				if kind := simtrust.KindOf(call(t.Context())); kind != simtrust.KindDenied && kind != simtrust.KindUnauthenticated {
					t.Errorf("%q, %s: %v", token, name, kind)
				}
			}
		}
	})
}
