package status_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/prometheus/client_golang/prometheus"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/keys"
)

const bankNew = "bank-p256-2028"

// withNew is the hierarchy after a ceremony that added an issuer.
func (w *world) withNew() *ca.Hierarchy {
	w.t.Helper()
	i, err := newIssuer(bankNew, keys.P256)
	if err != nil {
		w.t.Fatal(err)
	}
	i.Line, i.Active = ca.LineBank, true
	return &ca.Hierarchy{Issuers: append(newHierarchy(w.t).Issuers, i)}
}

// A new issuer's certificates have a status and lists from the moment it takes over, and no earlier; those of the others keep theirs.
func TestNewIssuerTakesOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.register.hold(bank, one, ca.StateIssued)
		w.publish()
		if got := w.ask(bank, one); got.says() != "good" {
			t.Fatal(got.says())
		}
		h := w.withNew()
		takeOver, err := w.Prepare(h)
		if err != nil {
			t.Fatal(err)
		}
		if res := w.do("GET", "/crl/"+bankNew+"/0.crl", nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("known before it took over: %d", res.StatusCode)
		}
		asked := w.register.questions()
		takeOver()
		w.hierarchy = h
		if got := w.ask(bank, one); got.says() != "good" || w.register.questions() != asked {
			t.Errorf("%s: the kept answers of others are gone", got.says())
		}
		w.register.hold(bankNew, one, ca.StateIssued)
		if got := w.ask(bankNew, one); got.says() != "good" {
			t.Error(got.says())
		}
		w.register.revoke(bankNew, 1, one, w.clock.now(), ca.Superseded)
		w.Changed(bankNew, one)
		if got := w.ask(bankNew, one); got.says() == "good" {
			t.Error("a revocation is not seen")
		}
		w.publish()
		if reason := listed(w.crl(bankNew, 1), one); reason != ca.Superseded {
			t.Errorf("listed with %d", reason)
		}
	})
}

// One thing that is unfit keeps everything as it was, and all of it is named.
func TestUnfitIssuersDoNotTakeOver(t *testing.T) {
	for name, spoil := range map[string]func(i *ca.Issuer){
		"another issuer's key":   func(i *ca.Issuer) { i.Signer, _ = generate(keys.P256) },
		"no delegate":            func(i *ca.Issuer) { i.OCSP = nil },
		"another's delegate":     func(i *ca.Issuer) { i.OCSP = mustIssuer(t, "stranger").OCSP },
		"a delegate without key": func(i *ca.Issuer) { i.OCSP.Signer, _ = generate(keys.P256) },
		"no certificate":         func(i *ca.Issuer) { i.Raw = []byte{0x30, 0} },
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			h := w.withNew()
			i, _ := h.Issuer(bankNew)
			spoil(i)
			renewed, err := newDelegate(w.issuer(bank), keys.P256, func(c *smx509.Certificate) { c.NotAfter = start.AddDate(20, 0, 0) })
			if err != nil {
				t.Fatal(err)
			}
			h.Issuers[0].OCSP = renewed
			takeOver, err := w.Prepare(h)
			if err == nil || takeOver != nil || !strings.Contains(err.Error(), bankNew) {
				t.Fatalf("prepared: %v", err)
			}
			w.clock.advance(start.AddDate(10, 0, 1).Sub(start)) // what the renewed delegate could still sign
			w.register.hold(bank, one, ca.StateIssued)
			if got := failed(t, w.post(bank, question(w.issuer(bank), oidSHA256, nil, one))); got != 3 {
				t.Errorf("the delegate beside it took over: %d", got)
			}
		})
	}
}

func mustIssuer(t *testing.T, id string) *ca.Issuer {
	t.Helper()
	i, err := newIssuer(id, keys.P256)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// Lists of who is no issuer come from elsewhere; those of issuers never do.
func TestOtherLists(t *testing.T) {
	w := embedded(t)
	other := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusTeapot) })
	w.with(func(c *status.Config) { c.OtherLists = other })
	for path, want := range map[string]int{"/crl/root-2026/0.crl": http.StatusTeapot, "/crl/" + bank + "/0.crl": http.StatusServiceUnavailable,
		"/crl/" + bank + "/99.crl": http.StatusNotFound, "/crl/" + bank + "/x": http.StatusNotFound} {
		if res := w.do("GET", path, nil); res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

// TestMetrics goes through the states of answers, and lets a list age.
func TestMetrics(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	if _, ok := w.series()["simtrust_crl_age_seconds issuer="+bank]; ok {
		t.Error("an age without lists")
	}
	w.publish()
	w.ask(bank, one) // fresh
	w.ask(bank, one) // cached
	w.post(bank, []byte("no request"))
	w.do("GET", "/ocsp/"+bank+"/%25", nil)
	w.post(bank, question(w.issuer(bankSM2), oidSHA256, nil, one))
	w.register.fail(errStore)
	w.clock.advance(2 * time.Second)
	w.ask(bank, one)                                                  // stale
	w.post(bank, question(w.issuer(bank), oidSHA256, nil, []byte{9})) // try later
	got := w.series()
	for series, want := range map[string]float64{
		"simtrust_ocsp_answers_total state=fresh": 1, "simtrust_ocsp_answers_total state=cached": 1, "simtrust_ocsp_answers_total state=stale": 1,
		"simtrust_ocsp_answers_total state=try_later": 1, "simtrust_ocsp_answers_total state=malformed": 2,
		"simtrust_ocsp_answers_total state=unauthorized": 1, "simtrust_crl_age_seconds issuer=" + bank: 2,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, not %v", series, got[series], want)
		}
	}
	w.clock.advance(31 * 366 * 24 * time.Hour)
	if _, ok := w.series()["simtrust_crl_age_seconds issuer="+bank]; ok {
		t.Error("an issuer that has ended ages")
	}
}

// series are the metrics of the node, as: name label=value.
func (w *world) series() map[string]float64 {
	w.t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.Metrics()...)
	families, err := registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all[f.GetName()+" "+m.GetLabel()[0].GetName()+"="+m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return all
}
