package simshield_test

import (
	"context"
	"sync/atomic"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// number is the customer's.
func (w *world) number() simtrust.Number {
	w.t.Helper()
	n, err := simtrust.ParseNumber(firstPhone)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// certificate is the one of a profile; there must be one.
func (w *world) certificate(profile string) ca.Certificate {
	w.t.Helper()
	found, _, err := w.ca.Search(w.t.Context(), ca.Query{Profile: profile}, ca.Page{})
	if err != nil || len(found) != 1 {
		w.t.Fatalf("%s: %+v, %v", profile, found, err)
	}
	return found[0]
}

// must fails the test on an error.
func (w *world) must(errs ...error) {
	w.t.Helper()
	for _, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// TestChangesWithinAnInstant: a key that is suspended, resumed and ended within one millisecond takes its certificate along to the end;
// an event that comes late or twice does not bring the certificate back.
func TestChangesWithinAnInstant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var key atomic.Value // the last one's id
		outbox.On(w.outbox, "test", func(ctx context.Context, e simshield.KeyEnded) error {
			key.Store(e.Key)
			return w.KeyEnded(ctx, e)
		})
		w.customer()
		n, ctx := w.number(), t.Context()
		held, err := w.holders.Current(ctx, n)
		w.must(err, w.Suspend(ctx, n), w.Resume(ctx, w.bank.id, n), w.Suspend(ctx, n), w.Resume(ctx, w.bank.id, n), w.outbox.Drain(ctx))
		if c := w.certificate("bank-sim"); !c.Revoked.IsZero() {
			t.Fatalf("resumed, and the certificate is not: %+v", c)
		}
		w.must(w.Suspend(ctx, n), w.TenureEnded(ctx, simtrust.TenureEnded{Tenure: held.ID, Seq: 1}), w.outbox.Drain(ctx))
		c := w.certificate("bank-sim")
		if c.Revoked.IsZero() || c.Reason != ca.CessationOfOperation {
			t.Fatalf("the key is over, its certificate is not: %+v", c)
		}
		for _, state := range []string{"suspended", "active"} {
			w.must(w.KeyEnded(ctx, simshield.KeyEnded{Key: key.Load().(string), Certificate: c.ID, State: state}))
		}
		if again := w.certificate("bank-sim"); again.Reason != c.Reason || again.Revoked != c.Revoked {
			t.Errorf("late events changed it: %+v", again)
		}
	})
}

// TestSuspectedWhileRegistering: a registration that is under way when theft is suspected gives nobody a key.
func TestSuspectedWhileRegistering(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		outbox.On(w.outbox, "test", w.KeyEnded)
		p := w.subscriber(firstPhone, 1)
		r, err := w.Register(t.Context(), simshield.RegisterReq{Party: w.bank.id, Number: w.number(), Application: applet.Bank,
			Kinds: []applet.Kind{applet.KindTransaction}, Algorithm: applet.P256, Identified: simshield.AtCounter,
			Subject: ca.Subject{Country: "CN", CommonName: "王小明"}})
		w.must(err)
		p.person.code = r.Code
		w.must(w.gateway.Drain(t.Context()), p.Settle(t.Context()))
		w.collect() // the certificate is there; the card does not know of it
		w.must(w.Suspend(t.Context(), w.number()))
		w.settle()
		r, err = w.Registration(t.Context(), w.bank.id, r.ID)
		if err != nil || r.State != simshield.RegistrationFailed || r.Cause != simshield.CauseSuspended {
			t.Errorf("%+v, %v", r, err)
		}
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-1", 100))
		w.must(w.outbox.Drain(t.Context()))
		if c := w.certificate("bank-sim"); c.Revoked.IsZero() {
			t.Errorf("a certificate for nobody's key stands: %+v", c)
		}
	})
}
