package authn_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/renumber"
)

func renumberSIM(imsi string) renumber.SIM {
	return renumber.SIM{ICCID: "8987", IMSI: imsi, Since: epoch.AddDate(-1, 0, 0)}
}

func TestStaleSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		w.pass(2*interim - time.Millisecond)
		w.is(phone, alice)
		w.pass(time.Millisecond)
		w.isNot(phone, authn.ReasonStaleSession)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate), at(epoch.Add(interim))))
		w.is(phone, alice)
	})
}

// What was true at the Start is asked again at every use.
func TestTenureAndSIMMustStillBeCurrent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		for _, tt := range []struct {
			name, reason string
			change       func(h *renumber.Holding)
		}{
			{"transferred with its SIM", authn.ReasonNotUsable, func(h *renumber.Holding) { h.ID = "ten_next" }},
			{"suspended", authn.ReasonNotUsable, func(h *renumber.Holding) { h.Suspended = true }},
			{"out of sight", authn.ReasonNotUsable, func(h *renumber.Holding) { h.OutOfSight = true }},
			{"without a named user", authn.ReasonNotUsable, func(h *renumber.Holding) { h.Anonymous = true }},
			{"SIM replaced", authn.ReasonSIMChanged, func(h *renumber.Holding) { h.SIMs[0].IMSI = "460000000000009" }},
			{"no SIM", authn.ReasonSIMChanged, func(h *renumber.Holding) { h.SIMs = nil }},
			{"SIM taken away and given back", authn.ReasonSIMChanged, func(h *renumber.Holding) { h.SIMs[0].Since = epoch.Add(time.Minute) }},
		} {
			h := alice.holding()
			tt.change(&h)
			w.tenures.set(h)
			t.Log(tt.name)
			w.isNot(phone, tt.reason)
		}
		w.tenures.release(alice.number)
		w.isNot(phone, authn.ReasonNotUsable)
		w.tenures.set(alice.holding())
		w.is(phone, alice)
		w.tenures.fail(errAway)
		w.refused(from(phone), simtrust.KindUnavailable, authn.ReasonLookupFailed)
	})
}

func TestTransferKeepsTheSIMAndNotTheSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		before := w.is(phone, alice)
		w.pass(time.Minute)
		next := subscriber{alice.number, alice.imsi, "ten_next"}
		h := next.holding()
		h.Opened, h.SIMs[0].Since = w.clock.now(), w.clock.now()
		w.tenures.set(h)
		w.isNot(phone, authn.ReasonNotUsable)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate), at(epoch.Add(30*time.Second)))) // of before the transfer
		w.isNot(phone, authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		if w.is(phone, next).Session == before.Session {
			t.Error("the new holder inherits the session")
		}
	})
}

func TestCarrierNAT(t *testing.T) {
	const public = "198.51.100.7"
	each(t, func(t *testing.T, w *world) {
		w.send(
			w.record(alice, "a", "", ports(public, 1024, 2047)),
			w.record(bob, "b", "", ports(public, 2048, 3071)),
		)
		w.is(public+":1024", alice)
		w.is(public+":2047", alice)
		w.is(public+":2048", bob)
		w.isNot(public+":3072", authn.ReasonNoSession)
		w.isNot(public+":1023", authn.ReasonNoSession)
		w.isNot(public+":0", authn.ReasonNoSession) // a port that nobody knows

		t.Log("a block lasts while its session does, and until it is given back")
		w.pass(time.Minute)
		w.send(w.record(alice, "a", "10.0.0.1", status(radius.InterimUpdate)))
		w.is(public+":1024", alice)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", "10.0.0.1", status(radius.InterimUpdate), func(r *radius.Record) {
			ports(public, 1024, 2047)(r)
			r.Released, r.Ports = r.Ports, radius.PortRange{}
		}))
		w.isNot(public+":1024", authn.ReasonNoSession)
		w.is(public+":2048", bob)

		t.Log("the same block again is a reused address")
		w.pass(time.Minute)
		w.send(w.record(alice, "c", "", ports(public, 2048, 3071)))
		w.is(public+":2048", alice)
	})
}

func TestOverlappingPortRanges(t *testing.T) {
	const public = "198.51.100.7"
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", "", ports(public, 1024, 2047)))
		w.pass(time.Minute)
		w.send(w.record(bob, "b", "", ports(public, 2000, 3000)))
		for _, port := range []string{":1024", ":2010", ":3000"} {
			w.isNot(public+port, authn.ReasonAmbiguousAddress)
		}
		w.pass(time.Minute)
		w.send(w.record(alice, "a", "", status(radius.Stop)))
		w.is(public+":2010", bob)
		w.isNot(public+":1024", authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "w", public)) // somebody claims the whole address
		w.isNot(public+":2010", authn.ReasonAmbiguousAddress)
		w.isNot(public+":9", authn.ReasonAmbiguousAddress)
	})
}

// A gateway that has restarted counts its session ids anew: what the session of that id held before is not held again.
func TestPortRangeEndsWithItsSession(t *testing.T) {
	const public = "198.51.100.7"
	for name, stopped := range map[string]bool{"after a Stop": true, "without a Stop": false} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.send(w.record(alice, "1", "", ports(public, 1024, 2047)))
				w.pass(time.Minute)
				if stopped {
					w.send(w.record(alice, "1", "", status(radius.Stop)))
					w.pass(time.Minute)
				}
				w.send(w.record(bob, "1", "", ports(public, 2048, 3071)))
				w.is(public+":2048", bob)
				w.isNot(public+":1024", authn.ReasonNoSession)
				w.pass(time.Minute)
				w.send(w.record(bob, "1", phone, status(radius.InterimUpdate)))
				w.is(public+":2048", bob)
				w.isNot(public+":1024", authn.ReasonNoSession)
			})
		})
	}
}

func TestQuarantinedRecordStopsThePortRangeOfItsSession(t *testing.T) {
	const public = "198.51.100.7"
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", "", ports(public, 1024, 2047)))
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, imsi(bob.imsi), status(radius.InterimUpdate)))
		w.isNot(public+":1024", authn.ReasonNoSession)
	})
}

func TestMappedAndZonedAddresses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", "2001:db8::1"))
		w.is("[::ffff:10.0.0.1]:5000", alice)
		w.is("[2001:db8::ffff%eth0]:5000", bob)
		w.isNot("[::a00:1]:5000", authn.ReasonNoSession)
	})
}

func TestLocateThroughProxies(t *testing.T) {
	adjust := func(c *authn.Config) { c.Proxies = proxies }
	eachWith(t, adjust, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", "192.0.2.1"))
		r := from("192.0.2.1")
		r.Header.Set("X-Forwarded-For", phone)
		if l, err := w.Locate(t.Context(), r); err != nil || l.Tenure != alice.tenure {
			t.Errorf("located %+v, %v", l, err)
		}
		r.Header.Set("X-Forwarded-For", "unknown")
		w.refused(r, simtrust.KindDenied, authn.ReasonAddressUnknown)
		r.Header.Del("X-Forwarded-For")
		w.refused(r, simtrust.KindDenied, authn.ReasonAddressUnknown) // never as the proxy's own session
		spoofed := from("10.0.0.66")
		spoofed.Header.Set("X-Forwarded-For", phone)
		spoofed.Header.Set("Forwarded", "for="+phone)
		w.refused(spoofed, simtrust.KindDenied, authn.ReasonNoSession)
	})
}

func TestLoopbackIsNotSpecial(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.isNot("127.0.0.1", authn.ReasonNoSession)
		r := from("127.0.0.1")
		r.Header.Set("X-Forwarded-For", phone)
		w.send(w.record(alice, "a", phone))
		w.refused(r, simtrust.KindDenied, authn.ReasonNoSession)
		w.send(w.record(bob, "b", "127.0.0.1"))
		w.is("127.0.0.1", bob)
	})
}
