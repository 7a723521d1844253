package authn_test

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/renumber"
)

const phone = "10.0.0.1"

func TestStartOpensAndStopCloses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.isNot(phone, authn.ReasonNoSession)
		w.send(w.record(alice, "s1", phone))
		l := w.is(phone, alice)
		if l.Method != authn.MethodRADIUS || l.Session == "" || !l.Since.Equal(epoch) {
			t.Errorf("located %+v", l)
		}
		w.isNot("10.0.0.2", authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "s1", phone, status(radius.Stop)))
		w.isNot(phone, authn.ReasonNoSession)
		w.doubted(alice.number, epoch, false)
	})
}

func TestInterimUpdateOpensWhereTheStartWasLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "s1", phone, status(radius.InterimUpdate)))
		w.is(phone, alice)
	})
}

func TestStopNeedsNothingButTheSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "s1", phone))
		w.clock.advance(time.Second)
		w.send(radius.Record{NAS: gatewayA, Realm: realm, Status: radius.Stop, SessionID: "s1", At: w.clock.now(), Received: w.clock.now()})
		w.isNot(phone, authn.ReasonNoSession)
	})
}

func TestStopOfAnotherSessionOrGatewayClosesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "s1", phone))
		w.pass(time.Second)
		w.send(w.record(alice, "s2", phone, status(radius.Stop)), w.record(alice, "s1", phone, status(radius.Stop), nas(gatewayB)))
		w.is(phone, alice)
	})
}

func TestRetransmissionsChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		start := w.record(alice, "s1", phone)
		w.send(start, start)
		w.pass(time.Minute)
		stop := w.record(alice, "s1", phone, status(radius.Stop))
		w.send(start, stop, stop, start)
		w.isNot(phone, authn.ReasonNoSession)
		wrong := w.record(alice, "s2", "10.0.0.9", imsi(bob.imsi))
		w.send(wrong, wrong, wrong)
		if n := w.quarantined(authn.ReasonSIMChanged); n != 1 {
			t.Errorf("%d records in quarantine, want 1", n)
		}
	})
}

func TestLateRecords(t *testing.T) {
	later := epoch.Add(10 * time.Minute)
	each(t, func(t *testing.T, w *world) {
		w.pass(time.Hour)
		for _, tt := range []struct {
			name    string
			records []radius.Record
			want    *subscriber
		}{
			{"a reused address closes the old session", []radius.Record{
				w.record(alice, "a", phone, at(epoch)), w.record(bob, "b", phone, at(later)),
			}, &bob},
			{"a late Start of the old session does not take the address back", []radius.Record{
				w.record(bob, "b", phone, at(later)), w.record(alice, "a", phone, at(epoch)),
			}, &bob},
			{"a late Stop of the old session does not close the newer", []radius.Record{
				w.record(alice, "a", phone, at(epoch)), w.record(bob, "b", phone, at(later)),
				w.record(alice, "a", phone, status(radius.Stop), at(later.Add(time.Minute))),
			}, &bob},
			{"a Stop before its Start leaves nothing open", []radius.Record{
				w.record(alice, "a", phone, status(radius.Stop), at(later)), w.record(alice, "a", phone, at(epoch)),
			}, nil},
			{"an Interim-Update after its Stop opens nothing", []radius.Record{
				w.record(alice, "a", phone, at(epoch)), w.record(alice, "a", phone, status(radius.Stop), at(later)),
				w.record(alice, "a", phone, status(radius.InterimUpdate), at(later.Add(time.Minute))),
			}, nil},
			{"when the newer session ends, the older does not come back", []radius.Record{
				w.record(alice, "a", phone, at(epoch)), w.record(bob, "b", phone, at(later)),
				w.record(bob, "b", phone, status(radius.Stop), at(later.Add(time.Minute))),
			}, nil},
			{"a Start after the Stop reuses the session id", []radius.Record{
				w.record(alice, "a", phone, at(later)), w.record(alice, "a", phone, status(radius.Stop), at(epoch.Add(time.Minute))),
				w.record(alice, "a", phone, at(epoch)),
			}, &alice},
			{"a Start and the Stop of the one before may fall into one second", []radius.Record{
				w.record(alice, "a", phone, at(epoch)), w.record(bob, "b", phone, at(later)),
				w.record(alice, "a", phone, status(radius.Stop), at(later)),
			}, &bob},
		} {
			t.Run(tt.name, func(t *testing.T) {
				inner := *w
				inner.TB = t
				address := netip.AddrFrom4([4]byte{10, 1, byte(len(t.Name())), byte(len(tt.records))}).String()
				for _, r := range tt.records {
					r.IPv4 = netip.MustParseAddr(address)
					r.SessionID += tt.name
					inner.send(r)
				}
				if tt.want == nil {
					inner.isNot(address, authn.ReasonNoSession)
				} else {
					inner.is(address, *tt.want)
				}
			})
		}
	})
}

func TestSessionsOfOneInstantAuthenticateNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone), w.record(bob, "b", phone))
		w.isNot(phone, authn.ReasonAmbiguousAddress)
		w.pass(time.Minute)
		w.send(w.record(bob, "b", phone, status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonAmbiguousAddress)
		w.send(w.record(alice, "a", phone, status(radius.Stop)))
		w.is(phone, bob)
	})
}

func TestInterimUpdateOfTheSessionThatLostTheAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		w.pass(time.Minute)
		w.send(w.record(bob, "b", phone))
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonAmbiguousAddress)
		w.pass(time.Minute)
		w.send(w.record(bob, "b", phone, status(radius.InterimUpdate)))
		w.is(phone, bob)
	})
}

func TestAddressThatIsNotRepeatedIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		both := w.record(alice, "a", "2001:db8:1:2::1")
		both.IPv4 = netip.MustParseAddr(phone)
		w.send(both)
		if w.is(phone, alice).Session != w.is("2001:db8:1:2:a:b:c:d", alice).Session {
			t.Error("the session has two names")
		}
		w.isNot("2001:db8:1:3::1", authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		w.is(phone, alice)
		w.isNot("2001:db8:1:2::1", authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", "10.0.0.7", status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonNoSession)
		w.is("10.0.0.7", alice)
	})
}

func TestRealmsAndGateways(t *testing.T) {
	behind := netip.MustParsePrefix("192.0.2.0/24")
	adjust := func(c *authn.Config) {
		c.Proxies = authn.Proxies{behind}
		c.Realms = []authn.PeerRealm{{Peers: behind, Realm: "enterprise"}}
	}
	eachWith(t, adjust, func(t *testing.T, w *world) {
		other := w.record(bob, "b", phone, nas(gatewayB))
		other.Realm = "enterprise"
		w.send(w.record(alice, "a", phone), other, w.record(alice, "c", "10.0.0.3", nas("gw-unknown")))
		w.is(phone, alice)
		w.isNot("10.0.0.3", authn.ReasonStaleSession)
		r := from("192.0.2.1")
		r.Header.Set("Forwarded", "for="+phone)
		if l, err := w.Locate(t.Context(), r); err != nil || l.Tenure != bob.tenure {
			t.Errorf("located %+v, %v through the proxy of the other realm", l, err)
		}
	})
}

// Records that do not fit what is known open nothing, and the number is doubted.
func TestQuarantine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		suspended, anonymous, moved := alice.holding(), alice.holding(), alice.holding()
		suspended.Suspended = true
		anonymous.Anonymous = true
		moved.SIMs[0].Since = epoch.Add(-time.Minute)
		cardless := alice.holding()
		cardless.SIMs = []renumber.SIM{{ICCID: "8986", Primary: true, Since: cardless.Opened}}
		for _, tt := range []struct {
			reason string
			held   func() // what renumber says
			edit   func(*radius.Record)
		}{
			{"no_session_id", nil, func(r *radius.Record) { r.SessionID = "" }},
			{"no_imsi", nil, imsi("")},
			{"no_address", nil, func(r *radius.Record) { r.IPv4 = netip.Addr{} }},
			{"future", nil, at(epoch.Add(skewed))},
			{"sim_changed", nil, imsi(bob.imsi)},
			{"before_holder", nil, at(epoch.AddDate(-1, 0, 0).Add(-time.Second))},
			{"before_holder", func() { w.tenures.set(moved) }, at(epoch.Add(-61 * time.Second))},
			{"not_usable", func() { w.tenures.set(suspended) }, nil},
			{"not_usable", func() { w.tenures.set(anonymous) }, nil},
			{"sim_unknown", func() { w.tenures.set(cardless) }, nil},
			{"not_held", func() { w.tenures.release(alice.number) }, nil},
		} {
			t.Run(tt.reason, func(t *testing.T) {
				inner := *w
				inner.TB = t
				inner.pass(2 * time.Second)
				if tt.held != nil {
					tt.held()
					defer w.tenures.set(alice.holding())
				}
				since, before := w.clock.now(), w.quarantined(tt.reason)
				inner.doubted(alice.number, since, false)
				edit := tt.edit
				if edit == nil {
					edit = func(*radius.Record) {}
				}
				for _, s := range []radius.Status{radius.Start, radius.InterimUpdate} {
					inner.send(w.record(alice, tt.reason+since.String(), "10.0.0.5", status(s), func(r *radius.Record) {
						edit(r)
						if tt.reason == "future" {
							r.At = since.Add(skewed)
						}
					}))
				}
				if n := w.quarantined(tt.reason) - before; n != 2 {
					t.Errorf("%d records in quarantine, want 2", n)
				}
				if n := w.counted("simtrust_accounting_records_total", "outcome", tt.reason); n < 2 {
					t.Errorf("%v records counted", n)
				}
				inner.isNot("10.0.0.5", authn.ReasonNoSession)
				inner.doubted(alice.number, since, true)
				inner.doubted(alice.number, since.Add(time.Second), false)
				inner.doubted(bob.number, epoch, false)
			})
		}
	})
}

func TestQuarantineWithoutANumberDoubtsNobody(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone, func(r *radius.Record) { r.Number = simtrust.Number{} }))
		if w.quarantined("no_number") != 1 {
			t.Error("not in quarantine")
		}
		w.isNot(phone, authn.ReasonNoSession)
		w.doubted(alice.number, epoch, false)
	})
}

func TestEventsFromTheFutureChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		ahead := at(epoch.Add(skewed))
		w.send(w.record(alice, "a", phone, status(radius.Stop), ahead),
			radius.Record{NAS: gatewayA, Status: radius.AccountingOff, At: epoch.Add(skewed), Received: epoch})
		w.is(phone, alice)
		if w.quarantined("future") != 2 {
			t.Error("not in quarantine")
		}
		w.send(w.record(bob, "b", "10.0.0.2", at(epoch.Add(authn.Skew))))
		w.is("10.0.0.2", bob)
	})
}

// A subscriber whom the feed does not know fills no table, however long the session.
func TestRepeatedQuarantineIsOneRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.tenures.release(alice.number)
		first := w.clock.now()
		for range 3 {
			w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
			w.pass(interim)
		}
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate), at(first)))
		var at, received int64
		err := w.db.QueryRow(t.Context(), "select at, received from authn_quarantine").Scan(&at, &received)
		if n := w.quarantined("not_held"); err != nil || n != 1 || at != first.UnixMilli() || received != w.clock.now().UnixMilli() {
			t.Errorf("%d rows, at %d, received %d, %v", n, at, received, err)
		}
		w.doubted(alice.number, w.clock.now(), true)
	})
}

// An address that the network gave to somebody we cannot name must not speak for the one before.
func TestQuarantinedRecordTakesTheAddressFromItsPredecessor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(w.record(alice, "a", phone))
		w.pass(time.Minute)
		w.send(w.record(bob, "b", phone, imsi("")))
		w.isNot(phone, authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonAmbiguousAddress)
	})
}

// A feed that lags behind the network: the session is authenticated by the first record after the SIM is known.
func TestSessionIsAttributedOnceTheSIMIsKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const fresh = "460000000000009"
		w.send(w.record(alice, "a", phone))
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, imsi(fresh), status(radius.InterimUpdate)))
		w.isNot(phone, authn.ReasonNoSession)
		h := alice.holding()
		h.SIMs[0].IMSI, h.SIMs[0].Since = fresh, w.clock.now()
		w.tenures.set(h)
		w.isNot(phone, authn.ReasonNoSession)
		w.pass(time.Minute)
		w.send(w.record(alice, "a", phone, imsi(fresh), status(radius.InterimUpdate)))
		w.is(phone, subscriber{alice.number, fresh, alice.tenure})
	})
}

func TestRecordInTheSecondOfTheAssignment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		h := alice.holding()
		h.Opened, h.SIMs[0].Since = epoch.Add(700*time.Millisecond), epoch.Add(700*time.Millisecond)
		w.tenures.set(h)
		w.clock.advance(900 * time.Millisecond)
		w.send(w.record(alice, "a", phone, at(epoch))) // Event-Timestamp has whole seconds
		w.is(phone, alice)
	})
}

func TestAccountingOnAndOffEndTheSessionsOfTheirGateway(t *testing.T) {
	for _, s := range []radius.Status{radius.AccountingOn, radius.AccountingOff} {
		t.Run(s.String(), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.send(w.record(alice, "a", phone), w.record(bob, "b", "10.0.0.2", nas(gatewayB)))
				w.pass(time.Minute)
				whole := radius.Record{NAS: gatewayA, Realm: realm, Status: s, At: w.clock.now(), Received: w.clock.now()}
				w.send(whole, whole)
				w.isNot(phone, authn.ReasonNoSession)
				w.is("10.0.0.2", bob)
				w.pass(time.Minute)
				w.send(w.record(alice, "a", phone, status(radius.InterimUpdate)))
				w.isNot(phone, authn.ReasonNoSession) // a session from before cannot go on
				w.pass(time.Minute)
				w.send(w.record(alice, "a", phone))
				w.is(phone, alice)
				w.send(whole)
				w.is(phone, alice) // a late copy does not end what came after
			})
		})
	}
}

func TestDevices(t *testing.T) {
	withDevice := func(r *radius.Record) { r.IMEISV = imeisv }
	each(t, func(t *testing.T, w *world) {
		h := alice.holding()
		h.SIMs = append(h.SIMs, renumberSIM("460000000000003"))
		w.tenures.set(h)
		w.send(
			w.record(alice, "a", phone, withDevice),
			w.record(alice, "a", phone, withDevice, status(radius.Stop)),
			w.record(alice, "b", "10.0.0.2", withDevice, imsi("460000000000003")), // the watch
			w.record(alice, "c", "10.0.0.3", withDevice, imsi("460000000000007")), // quarantined
			w.record(alice, "d", "10.0.0.4"),
		)
		if want := []string{"ten_alice " + imeisv + " 2026-03-01T08:00:00Z"}; !slices.Equal(w.devices.seen, want) {
			t.Errorf("told of %q, want %q", w.devices.seen, want)
		}
		w.devices.away = errAway
		if err := w.Account(t.Context(), w.record(alice, "e", "10.0.0.5", withDevice)); err == nil {
			t.Error("acknowledged although the phone was not recorded")
		}
	})
}

func TestNothingIsAcknowledgedWhileTenuresCannotBeAsked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.tenures.fail(errAway)
		if err := w.Account(t.Context(), w.record(alice, "a", phone)); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Errorf("Account: %v", err)
		}
		w.tenures.fail(nil)
		w.isNot(phone, authn.ReasonNoSession)
		w.doubted(alice.number, epoch, false)
	})
}

func TestConcurrentRecords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for i := range 64 {
			address := netip.AddrFrom4([4]byte{10, 9, 0, byte(i / 2)}).String()
			who := []subscriber{alice, bob}[i%2]
			r := w.record(who, address+string(who.tenure), address, at(epoch.Add(time.Duration(i%2)*time.Second)))
			for range 3 {
				all.Go(func() {
					if err := w.Account(t.Context(), r); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		for i := range 32 {
			w.is(netip.AddrFrom4([4]byte{10, 9, 0, byte(i)}).String(), bob)
		}
	})
}

// TestRefusedRecordsAreTold: the first record of each gateway and outcome, without its number.
func TestRefusedRecordsAreTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var said strings.Builder
		deps := w.deps()
		deps.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey { // the digits of any number may turn up in it
				return slog.Attr{}
			}
			return a
		}}))
		s, err := authn.New(deps, w.config)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for _, r := range []radius.Record{
			w.record(alice, "a", "10.0.0.5", imsi("")), w.record(alice, "b", "10.0.0.6", imsi("")), w.record(alice, "c", "10.0.0.7", imsi(bob.imsi)),
			w.record(alice, "d", "10.0.0.8"),
		} {
			if err := s.Account(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if n := strings.Count(said.String(), "nas="+gatewayA); n != 2 || strings.Contains(said.String(), "138") ||
			!strings.Contains(said.String(), "outcome=no_imsi") || !strings.Contains(said.String(), "outcome=sim_changed") {
			t.Errorf("said %d times:\n%s", n, &said)
		}
	})
}
