package simshield_test

import (
	"fmt"
	"sync"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestCrowd: people of many branches register at once, and none hinders another.
func TestCrowd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const people = 24
		numbers, phones := make([]simtrust.Number, people), make([]*phone, people)
		for i := range people {
			text := fmt.Sprintf("+861380013%04d", i)
			phones[i] = w.subscriber(text, i+1)
			n, err := simtrust.ParseNumber(text)
			w.must(err)
			numbers[i] = n
		}
		ids := make([]string, people)
		var crowd sync.WaitGroup
		for i := range people {
			crowd.Go(func() {
				req := w.registrationOf(numbers[i])
				r, err := w.Register(t.Context(), req)
				if err != nil {
					t.Error(err)
				}
				ids[i], phones[i].person.code = r.ID, r.Code
			})
		}
		crowd.Wait()
		w.settle()
		for _, id := range ids {
			if r, err := w.Registration(t.Context(), w.bank.id, id); err != nil || r.State != simshield.RegistrationDone {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}

func (w *world) registrationOf(n simtrust.Number) simshield.RegisterReq {
	return simshield.RegisterReq{Party: w.bank.id, Number: n, Application: applet.Bank, Kinds: []applet.Kind{applet.KindLogin, applet.KindTransaction},
		Algorithm: applet.P256, Identified: simshield.AtCounter, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}}
}

// TestOneOfTwoBanks: two banks register the bank applet of one card at once: one of them has it.
func TestOneOfTwoBanks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		w.register("rival", "别家")
		var racing sync.WaitGroup
		won := make(chan simshield.Registration, 10)
		for i := range 10 {
			racing.Go(func() {
				req := w.registrationOf(w.number())
				req.Party = []string{"bank", "rival"}[i%2]
				r, err := w.Register(t.Context(), req)
				switch {
				case err == nil:
					won <- r
				case simtrust.ReasonOf(err) != simshield.ReasonRegistrationOpen:
					t.Error(err)
				}
			})
		}
		racing.Wait()
		if len(won) != 1 {
			t.Fatalf("%d registrations", len(won))
		}
		r := <-won
		p.person.code = r.Code
		w.settle()
		other := w.registrationOf(w.number())
		if other.Party = "rival"; r.Party == "rival" {
			other.Party = "bank"
		}
		if _, err := w.Register(t.Context(), other); simtrust.ReasonOf(err) != simshield.ReasonApplet {
			t.Error(err)
		}
	})
}
