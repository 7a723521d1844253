package purchase_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/purchase"
	"simtrust/simshield"
)

// later lets the time of a claim, and of a pause, pass.
func (w *world) later() {
	w.t.Helper()
	w.pass(21 * time.Second)
	w.drain()
}

// TestDeniedAtSIM: a denial while the SIM asks takes the question back; where the SIM has signed, that counts.
func TestDeniedAtSIM(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, signed := w.asked(w.ask("order-1", "48000.00")), w.asked(w.ask("order-2", "48000.00"))
		for _, p := range []asked{a, signed} {
			w.tap(button(p.confirm))
		}
		w.drain()
		w.tap(text(a.deny))
		w.is(a.id, purchase.StateSigning, purchase.ByText, "")
		w.refused("denied twice", purchase.ReasonTooLate, text(a.deny))
		w.refused("and confirmed", purchase.ReasonTooLate, button(a.confirm))
		w.shield.end("order-2", simshield.StateSigned, "")
		w.tap(button(signed.deny))
		w.drain()
		w.is(a.id, purchase.StateDenied, purchase.ByText, "")
		w.is(signed.id, purchase.StateConfirmed, purchase.BySIM, "")
		if w.shield.state("order-1") != simshield.StateCancelled {
			t.Error("the SIM asks on")
		}
	})
}

// TestDeniedBefore: who denies before the SIM is asked is not asked.
func TestDeniedBefore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "48000.00"))
		w.tap(button(a.confirm))
		w.tap(button(a.deny))
		w.drain()
		w.is(a.id, purchase.StateDenied, purchase.ByButton, "")
		if w.shield.times != 0 {
			t.Error("the SIM was asked")
		}
	})
}

// TestKilled: a process that dies between any two steps leaves a purchase that another goes on with: the SIM is asked once, and what it signs is found.
func TestKilled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "48000.00"))
		w.tap(button(a.confirm))
		w.shield.lost = true // asked, and then the process dies
		w.drain()
		w.is(a.id, purchase.StateStarting, "", "")
		w.shield.lost = false
		w.Service = w.node()
		w.later()
		w.is(a.id, purchase.StateSigning, "", "")
		w.shield.end("order-1", simshield.StateSigned, "")
		w.pass(10 * time.Minute) // while nobody looks
		w.Service = w.node()
		w.drain()
		w.is(a.id, purchase.StateConfirmed, purchase.BySIM, "")

		denied := w.asked(w.ask("order-2", "48000.00"))
		w.tap(button(denied.confirm))
		w.shield.lost = true
		w.drain()
		w.tap(button(denied.deny))
		w.shield.lost = false
		w.later()
		w.is(denied.id, purchase.StateDenied, purchase.ByButton, "")
		if w.shield.state("order-2") != simshield.StateCancelled || w.shield.times != 2 {
			t.Errorf("asked %d times, and the SIM's question is %s", w.shield.times, w.shield.state("order-2"))
		}
	})
}

// TestSIMNotAsked: where the SIM cannot be asked for good the purchase fails; where it is busy it is tried again until its time is over.
func TestSIMNotAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, reason := range []string{simshield.ReasonNotEnrolled, simshield.ReasonCertificate, simshield.ReasonNotCurrent} {
			a := w.asked(w.ask(reason, "48000.00"))
			w.shield.err = refusal(simtrust.KindDenied, reason)
			w.tap(button(a.confirm))
			w.drain()
			w.is(a.id, purchase.StateFailed, "", reason)
		}
		for i, busy := range []error{refusal(simtrust.KindConflict, simshield.ReasonBusy), refusal(simtrust.KindLimited, simshield.ReasonTooMany),
			refusal(simtrust.KindUnavailable, "")} {
			order := fmt.Sprint("order-", i)
			a, never := w.asked(w.ask(order, "48000.00")), w.asked(w.ask(order+"-never", "48000.00"))
			w.shield.err = busy
			w.tap(button(a.confirm))
			w.tap(button(never.confirm))
			w.drain()
			w.is(a.id, purchase.StateStarting, "", "")
			w.tap(button(never.deny))
			w.shield.err = nil
			w.pass(3 * time.Second)
			w.drain()
			w.is(a.id, purchase.StateSigning, "", "")
			w.is(never.id, purchase.StateDenied, purchase.ByButton, "")
			late := w.asked(w.ask(order+"-late", "48000.00"))
			w.tap(button(late.confirm))
			w.shield.err = busy
			w.drain()
			w.pass(2 * time.Minute)
			w.drain()
			w.is(late.id, purchase.StateExpired, "", "")
			w.shield.err = nil
		}
	})
}

// TestShieldAway: while nobody can say how the SIM stands nothing ends.
func TestShieldAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "48000.00"))
		w.tap(button(a.confirm))
		w.drain()
		w.shield.down = refusal(simtrust.KindUnavailable, sqldb.ReasonStoreUnavailable)
		w.pass(time.Minute)
		if err := w.Drain(t.Context()); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Error(err)
		}
		w.is(a.id, purchase.StateSigning, "", "")
		w.shield.down = nil
		w.shield.end("order-1", simshield.StateSigned, "")
		w.later()
		w.is(a.id, purchase.StateConfirmed, purchase.BySIM, "")
	})
}

// TestEndAtOnce: a signature, a denial, the end of the tenure and two workers race: there is one end and one result, and it is the
// signature's.
func TestEndAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		nodes := []*purchase.Service{w.Service, w.node()}
		for i := range 5 {
			order := fmt.Sprint("order-", i)
			a := w.asked(w.ask(order, "48000.00"))
			w.tap(button(a.confirm))
			w.drain()
			w.shield.end(order, simshield.StateSigned, "")
			w.pass(3 * time.Second)
			var racing sync.WaitGroup
			for _, node := range nodes {
				racing.Go(func() { w.must(node.Drain(t.Context())) })
				racing.Go(func() { _ = node.Tapped(t.Context(), button(a.deny)) })
				racing.Go(func() { w.must(node.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: holder})) })
			}
			racing.Wait()
			w.later()
			w.is(a.id, purchase.StateConfirmed, purchase.BySIM, "")
		}
	})
}

// TestRun: the worker does by itself what Drain does, as soon as there is something to do.
func TestRun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := w.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		defer running.Wait()
		defer stop()
		a := w.asked(w.ask("order-1", "48000.00"))
		w.shield.err = refusal(simtrust.KindNotFound, simshield.ReasonNotEnrolled)
		w.tap(button(a.confirm))
		if p, err := w.Wait(t.Context(), "bank", a.id, time.Minute); err != nil || p.State != purchase.StateFailed {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// TestPrune: what ended is kept for a month, and what is open as long as it is.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ended, open := w.asked(w.ask("order-1", "1.00")), w.asked(w.ask("order-2", "1.00"))
		w.tap(button(ended.deny))
		w.pass(30 * 24 * time.Hour)
		w.must(w.Prune(t.Context()))
		w.is(ended.id, purchase.StateDenied, purchase.ByButton, "")
		w.pass(time.Second)
		w.must(w.Prune(t.Context()))
		if _, err := w.Purchase(t.Context(), "bank", ended.id); simtrust.ReasonOf(err) != purchase.ReasonUnknown {
			t.Error(err)
		}
		w.is(open.id, purchase.StateAsked, "", "")
	})
}
