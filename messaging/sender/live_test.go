package sender_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/messaging/sender"
)

// TestLive: from a draft to a chatbot that sends, and every way in which it may not.
func TestLive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.brand("Harbour Bank", "Harbour Bank Ltd")
		c := w.draft(b, "bank")
		refused := func(kind simtrust.Kind, reason string) {
			t.Helper()
			w.clock.advance(time.Second)
			got, err := w.Live(t.Context(), c.ID)
			wantError(t, err, kind, reason)
			if got.ID != "" {
				t.Error("a chatbot that is not live is handed out")
			}
		}
		refused(simtrust.KindDenied, sender.ReasonNotVerified)
		w.approve(c.ID)
		refused(simtrust.KindDenied, sender.ReasonCertMissing)
		cert := w.certificate(b.Organization)
		must(t, cert, w.bind(c.ID, cert))
		got, err := w.Live(t.Context(), c.ID)
		if must(t, got, err); got.BrandName != b.Name || got.Client != "bank" || got.Certificate.ID != cert.ID || got.State() != sender.Verified {
			t.Errorf("live as %+v", got)
		}

		w.authority.change(cert.ID, func(c *ca.Certificate) { c.Revoked, c.Reason = w.clock.now(), ca.CertificateHold })
		refused(simtrust.KindDenied, sender.ReasonCertRevoked)
		w.authority.change(cert.ID, func(c *ca.Certificate) { c.Revoked = time.Time{}; c.NotAfter = w.clock.now().Add(-time.Second) })
		refused(simtrust.KindDenied, sender.ReasonCertExpired)
		w.authority.change(cert.ID, func(c *ca.Certificate) { *c = cert.Certificate; c.NotBefore = w.clock.now().Add(time.Hour) })
		refused(simtrust.KindDenied, sender.ReasonCertExpired)
		another := w.certificate(b.Organization)
		w.authority.change(cert.ID, func(c *ca.Certificate) { *c = cert.Certificate; c.Raw = another.Raw })
		refused(simtrust.KindDenied, sender.ReasonCertMissing)
		w.authority.change(cert.ID, func(c *ca.Certificate) { *c = cert.Certificate; c.Profile = "enterprise-login" })
		refused(simtrust.KindDenied, sender.ReasonCertMissing)
		w.authority.remove(cert.ID)
		refused(simtrust.KindDenied, sender.ReasonCertMissing)
		w.authority.change(cert.ID, func(c *ca.Certificate) { *c = cert.Certificate })
		w.authority.set(true)
		refused(simtrust.KindUnavailable, "")
		w.authority.set(false)
		got, err = w.Live(t.Context(), c.ID)
		must(t, got, err)

		_, err = w.Live(t.Context(), simtrust.NewID("bot"))
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)
		_, err = w.Live(t.Context(), "bot_\x00")
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)
	})
}

// TestSuspend: at once on the node that suspends, within a second on another, and back; all of it on record.
func TestSuspend(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, _ := w.live("Rail")
		other := w.node()
		_, err := other.Live(t.Context(), c.ID)
		must(t, c, err)
		_, err = w.Suspend(t.Context(), c.ID, sender.Decision{By: "anna"})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonWhy)
		suspended, err := w.Suspend(t.Context(), c.ID, sender.Decision{By: "anna", Why: "court order 7"})
		if must(t, c, err); suspended.State() != sender.Suspended || suspended.Cause != "court order 7" {
			t.Errorf("%+v", suspended)
		}
		_, err = w.Live(t.Context(), c.ID)
		wantError(t, err, simtrust.KindDenied, sender.ReasonSuspended)
		wantError(t, w.spend(c.ID, 1), simtrust.KindDenied, sender.ReasonSuspended)
		w.clock.advance(time.Second)
		_, err = other.Live(t.Context(), c.ID)
		wantError(t, err, simtrust.KindDenied, sender.ReasonSuspended)

		_, err = w.Resume(t.Context(), c.ID, sender.Decision{By: "bela"})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonWhy)
		_, err = w.Resume(t.Context(), c.ID, sender.Decision{By: "bela", Why: "order lifted"})
		must(t, c, err)
		_, err = w.Live(t.Context(), c.ID)
		must(t, c, err)
		_, err = w.Resume(t.Context(), c.ID, sender.Decision{By: "bela", Why: "again"})
		wantError(t, err, simtrust.KindConflict, sender.ReasonNotSuspended)
		_, err = w.Suspend(t.Context(), simtrust.NewID("bot"), operator)
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)

		acts, _, err := w.History(t.Context(), c.ID, sender.Page{})
		must(t, acts, err)
		if n := len(acts); n < 2 || acts[n-2].Act != "chatbot_suspended" || acts[n-2].By != "anna" || acts[n-2].Why != "court order 7" ||
			acts[n-1].Act != "chatbot_resumed" || acts[n-1].By != "bela" || acts[n-1].At.IsZero() {
			t.Errorf("on record: %+v", acts)
		}
		if list := told[sender.StateChanged](w); len(list) != 2 || list[0].State != sender.Suspended || list[1].State != sender.Verified {
			t.Errorf("events %+v", w.events.all)
		}
	})
}

// TestSuspendedWhileRead: what was read before a suspension is not kept after it.
func TestSuspendedWhileRead(t *testing.T) {
	w := embedded(t)
	c, _ := w.live("Rail")
	w.authority.asked = func() {
		w.authority.asked = nil
		_, err := w.Suspend(t.Context(), c.ID, operator)
		must(t, c, err)
	}
	w.clock.advance(time.Second)
	_, err := w.Live(t.Context(), c.ID)
	must(t, c, err) // it was live when it was asked
	_, err = w.Live(t.Context(), c.ID)
	wantError(t, err, simtrust.KindDenied, sender.ReasonSuspended)
}

// TestAskedOnceASecond: a sender of many messages does not ask the register for each.
func TestAskedOnceASecond(t *testing.T) {
	w := embedded(t)
	c, _ := w.live("Rail")
	asked := 0
	w.authority.asked = func() { asked++ }
	for range 3 {
		for range 10 {
			_, err := w.Live(t.Context(), c.ID)
			must(t, c, err)
		}
		w.clock.advance(time.Second)
	}
	if asked != 3 {
		t.Errorf("asked %d times in three seconds", asked)
	}
}
