package simshield_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestUncertifiable: what the authority would not certify is refused before the card asks anybody, for a reason that the party can act on;
// nothing stays open.
func TestUncertifiable(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		for name, c := range map[string]struct {
			reason, says string
			change       func(*simshield.RegisterReq)
		}{
			"no common name": {ca.ReasonSubject, "the profile requires common_name", func(r *simshield.RegisterReq) { r.Subject.CommonName = "" }},
			"no country":     {ca.ReasonSubject, "the profile requires country", func(r *simshield.RegisterReq) { r.Subject.Country = "" }},
			"a country":      {ca.ReasonSubject, "country is too long", func(r *simshield.RegisterReq) { r.Subject.Country = "China" }},
			"a number":       {ca.ReasonSubject, "identity number", func(r *simshield.RegisterReq) { r.Subject.CommonName = "11010119900307123X" }},
			"a surname":      {ca.ReasonSubject, "the profile has no surname", func(r *simshield.RegisterReq) { r.Subject.Surname = "王" }},
			"an eID without surname": {ca.ReasonSubject, "surname and given name",
				func(r *simshield.RegisterReq) { r.Application = applet.EID }},
			"an eID of SM2": {ca.ReasonUnknownIssuer, "no active issuer", func(r *simshield.RegisterReq) {
				r.Application, r.Algorithm = applet.EID, applet.SM2
				r.Subject.Surname, r.Subject.GivenName = "王", "小明"
			}},
		} {
			req := w.registration(simshield.AtCounter)
			c.change(&req)
			_, err := w.Register(t.Context(), req)
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != c.reason || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if w.settle(); len(p.person.shown) > 0 {
			t.Errorf("shown: %q", p.person.shown)
		}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone || r.Reason != "" {
			t.Errorf("%+v", r)
		}
	})
}

// TestNotCertified: where the authority refuses all the same, its reason stays with the registration, in process and over HTTP.
func TestNotCertified(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		w.ca.refuse = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ca.ReasonKeyBlocked, Msg: "the key is blocked"}
		r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
		far, err := w.remote("bank").Registration(t.Context(), r.ID)
		w.must(err)
		for _, got := range []simshield.Registration{r, far} {
			if got.State != simshield.RegistrationFailed || got.Cause != simshield.CauseUncertified || got.Reason != ca.ReasonKeyBlocked {
				t.Errorf("%+v", got)
			}
		}
	})
}

// TestCertifiedLater: what keeps the authority from certifying for a while ends no registration; the card's answer comes again. What it began
// and did not finish is asked for anew, under another request key.
func TestCertifiedLater(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i, hindrance := range []error{
			errDown,
			context.DeadlineExceeded,
			&simtrust.Error{Kind: simtrust.KindConflict, Reason: ca.ReasonInProgress, Msg: "the same request is being signed"},
		} {
			number := fmt.Sprintf("+861380000090%d", i)
			p := w.subscriber(number, 10+i)
			w.ca.refuse = hindrance
			r := w.enrol(number, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
			if r.State != simshield.RegistrationOpen {
				t.Errorf("%v: %+v", hindrance, r)
			}
			w.ca.refuse = nil
			w.clock.advance(time.Minute)
			w.settle()
			if r, err := w.Registration(t.Context(), w.bank.id, r.ID); err != nil || r.State != simshield.RegistrationDone {
				t.Errorf("%v, which has passed: %+v %v", hindrance, r, err)
			}
		}
		for i, want := range []string{simshield.RegistrationDone, simshield.RegistrationFailed} {
			number := fmt.Sprintf("+861380000091%d", i)
			p := w.subscriber(number, 20+i)
			w.ca.asked, w.ca.abandoned = nil, 2+i
			if r := w.enrol(number, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != want {
				t.Errorf("%d abandoned: %+v", 2+i, r)
			}
			if slices.Sort(w.ca.asked); len(slices.Compact(w.ca.asked)) != 3 {
				t.Errorf("%d abandoned: asked for under %q", 2+i, w.ca.asked)
			}
		}
	})
}
