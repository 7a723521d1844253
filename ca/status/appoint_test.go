package status_test

import (
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// A renewed delegate takes over in a running node: what the former one could not sign any more, it signs.
func TestDelegateRenewed(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	w.clock.advance(start.AddDate(10, 0, 0).Sub(start))
	if got := failed(t, w.post(bank, question(w.issuer(bank), oidSHA256, nil, one))); got != 3 {
		t.Fatalf("the former delegate has ended, and still answers: %d", got)
	}
	d, err := newDelegate(w.issuer(bank), keys.P256, func(c *smx509.Certificate) { c.NotAfter = start.AddDate(20, 0, 0) })
	if err != nil {
		t.Fatal(err)
	}
	w.issuer(bank).OCSP = d
	takeOver, err := w.Prepare(w.hierarchy)
	if err != nil {
		t.Fatal(err)
	}
	if got := failed(t, w.post(bank, question(w.issuer(bank), oidSHA256, nil, one))); got != 3 {
		t.Fatalf("the new delegate answers before it took over: %d", got)
	}
	takeOver()
	w.watch()
	if got := w.ask(bank, one); got.says() != "good" || !got.Next.After(start.AddDate(10, 0, 0)) {
		t.Errorf("%s until %v", got.says(), got.Next)
	}
}

// An unfit delegate is refused by name, and the one before goes on.
func TestUnfitDelegateIsNotAppointed(t *testing.T) {
	w := embedded(t)
	w.register.hold(bank, one, ca.StateIssued)
	d, err := newDelegate(w.issuer(bank), keys.P256, func(c *smx509.Certificate) { c.ExtKeyUsage = nil })
	if err != nil {
		t.Fatal(err)
	}
	former := w.issuer(bank).OCSP
	w.issuer(bank).OCSP = d
	if _, err := w.Prepare(w.hierarchy); err == nil || !strings.Contains(err.Error(), bank) {
		t.Errorf("appointed: %v", err)
	}
	w.issuer(bank).OCSP = former
	if got := w.ask(bank, one); got.says() != "good" {
		t.Error(got.says())
	}
}

// An issuer that has ended needs no delegate: everything it issued has ended too.
func TestEndedIssuerIsLeftOut(t *testing.T) {
	w := embedded(t)
	w.issuer(bankOld).OCSP = nil
	w.clock.advance(31 * 366 * 24 * time.Hour)
	for _, i := range w.hierarchy.Issuers {
		i.OCSP = nil
	}
	n := w.node()
	if res := n.do("GET", "/crl/"+bankOld+"/0.crl", nil); res.StatusCode != 404 {
		t.Errorf("%d", res.StatusCode)
	}
}
