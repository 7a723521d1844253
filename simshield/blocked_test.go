package simshield_test

import (
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// registration is what the bank asks for.
func (w *world) registration(how simshield.Identified) simshield.RegisterReq {
	return simshield.RegisterReq{Party: w.bank.id, Number: w.number(), Application: applet.Bank, Kinds: []applet.Kind{applet.KindTransaction},
		Algorithm: applet.P256, Identified: how, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}}
}

// TestBlockedMeanwhile: a PIN that is guessed to its end is known to be, also where the bank took the transaction back at the same moment.
func TestBlockedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if _, err := w.Cancel(t.Context(), w.bank.id, tx.ID); err != nil {
			t.Fatal(err)
		}
		w.must(w.reply(tx.ID, applet.Response{Result: applet.PINBlocked}))
		w.is(tx.ID, simshield.StateCancelled, simshield.CauseParty)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		w.renewed()
		r, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		if err != nil || r.State != simshield.RegistrationAwaiting {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestBlockedWhileRegistering: PIN guessing at a registration's prompt ends the keys behind the PIN, and is not forgotten when there are
// none.
func TestBlockedWhileRegistering(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindDocument)
		p.person.pins = []string{"111111", "222222", "333333"}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.Cause != simshield.CausePINBlocked {
			t.Fatalf("%+v", r)
		}
		document := w.bank.login("order-1")
		delete(document, "login")
		document["document"] = claims{"title": "合同", "hash_algorithm": "SHA-256", "hash": make([]byte, 32)}
		w.bank.refused(simshield.ReasonNotEnrolled, document)
	})
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		p.person.pins = []string{"111111", "222222", "333333"}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.Cause != simshield.CausePINBlocked {
			t.Fatalf("%+v", r)
		}
		w.renewed()
		if r, err := w.Register(t.Context(), w.registration(simshield.Remotely)); err != nil || r.State != simshield.RegistrationAwaiting {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestBlockedCard: for a card whose PIN is known to be blocked there is no code, at the counter either, and its applets are not asked; keys
// behind the other PIN are made all the same, and on another card all are.
func TestBlockedCard(t *testing.T) {
	for name, block := range map[string]func(w *world, p *phone){
		"when signing": func(w *world, p *phone) {
			w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
			p.person.pins = []string{"111111", "222222", "333333"}
			w.bank.ask(w.bank.transfer("order-1", 100))
			w.settle()
		},
		"when registering": func(w *world, p *phone) {
			p.person.pins = []string{loginPIN, "111111", "222222", "333333"}
			w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindLogin, applet.KindDocument, applet.KindTransaction)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				p := w.subscriber(firstPhone, 1)
				block(w, p)
				p.person.shown = nil
				for _, how := range []simshield.Identified{simshield.AtCounter, simshield.Remotely} {
					req := w.registration(how)
					req.Kinds = []applet.Kind{applet.KindLogin, applet.KindDocument}
					for _, s := range []shield{local{w}, w.remote("bank")} {
						r, err := s.Register(t.Context(), req)
						wants(t, string(how), err, simtrust.KindConflict, simshield.ReasonCardBlocked)
						if r.Code != "" {
							t.Error("a code was handed out")
						}
					}
				}
				w.settle()
				if len(p.person.shown) != 0 || w.count("simshield_registration") != 1 {
					t.Errorf("shown %q, %d registrations", p.person.shown, w.count("simshield_registration"))
				}
				if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindLogin); r.State != simshield.RegistrationDone {
					t.Errorf("%+v", r)
				}
				fresh := w.renewed()
				if r := w.enrol(firstPhone, fresh, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
					t.Fatalf("%+v", r)
				}
				tx := w.bank.ask(w.bank.transfer("order-2", 100))
				w.settle()
				w.is(tx.ID, simshield.StateSigned, "")
			})
		})
	}
}
