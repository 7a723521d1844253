package receipt_test

import (
	"crypto/x509/pkix"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// TestTimeStamps: what a time stamp must be, by whoever made it.
func TestTimeStamps(t *testing.T) {
	w := newWorld(t)
	evidence := w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer())))
	signature := read(t, evidence).octets("signature")
	mine := w.cards[card{applet.P256, applet.KindTransaction}]
	ended := certify(&smx509.Certificate{KeyUsage: smx509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage(true, 8)}, NotBefore: start.AddDate(-2, 0, 0),
		NotAfter: start.Add(-time.Second)}, w.authorities[applet.P256].root, applet.P256)
	for name, c := range map[string]struct {
		by     holder
		change func(*info)
		passes bool
	}{
		"good":              {by: w.tsa, passes: true},
		"in milliseconds":   {by: w.tsa, change: func(i *info) { i.Accuracy.Seconds, i.Accuracy.Millis = 0, 500 }, passes: true},
		"by the person":     {by: mine},
		"not critical":      {by: certify(&smx509.Certificate{ExtraExtensions: []pkix.Extension{usage(false, 8)}}, w.authorities[applet.P256].root, applet.P256)},
		"by a stranger":     {by: certify(&smx509.Certificate{ExtraExtensions: []pkix.Extension{usage(true, 8)}}, holder{}, applet.P256)},
		"by one that ended": {by: ended},
		"another policy":    {by: w.tsa, change: func(i *info) { i.Policy[len(i.Policy)-1] = 8 }},
		"another digest":    {by: w.tsa, change: func(i *info) { i.Imprint.Digest[31] ^= 1 }},
		"another version":   {by: w.tsa, change: func(i *info) { i.Version = 2 }},
		"no accuracy":       {by: w.tsa, change: func(i *info) { i.Accuracy.Seconds = 0 }},
		"two seconds":       {by: w.tsa, change: func(i *info) { i.Accuracy.Seconds = 2 }},
		"a negative one":    {by: w.tsa, change: func(i *info) { i.Accuracy.Seconds = -1 }},
		"before its time":   {by: w.tsa, change: func(i *info) { i.Time = start.AddDate(-2, 0, 0) }},
	} {
		t.Run(name, func(t *testing.T) {
			changed := w.reseal(read(t, evidence).set("time_stamp", w.token(c.by, signature, c.change)), mine.cert, applet.P256)
			if !c.passes {
				w.refused(t, changed, "time stamp")
			} else if _, err := w.verify(changed, receipt.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStatuses: what a status must be, by whoever made it.
func TestStatuses(t *testing.T) {
	w := newWorld(t)
	mine, in := w.cards[card{applet.P256, applet.KindTransaction}], w.authorities[applet.P256]
	evidence := w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer())))
	response := read(t, evidence).octets("ocsp")
	again := func(about *smx509.Certificate) []byte { return w.reseal(read(t, evidence), about, applet.P256) }
	at := func(d time.Duration) []byte {
		w.clock.pass(d)
		defer w.clock.pass(-d)
		return again(mine.cert)
	}
	by := func(h holder) []byte { return read(t, evidence).set("ocsp", w.resign(response, h)).text() }
	with := func(octets []byte) []byte { return read(t, evidence).set("ocsp", octets).text() }
	under := func(change func(*smx509.Certificate)) holder {
		c := delegate()
		change(c)
		return certify(c, in.issuer, applet.P256)
	}
	for name, changed := range map[string][]byte{
		"before the stamp": at(-2 * time.Second), "a minute after": at(2 * time.Minute),
		"another certificate": again(w.cards[card{applet.P256, applet.KindLogin}].cert),
		"another issuer":      w.reseal(read(t, evidence), mine.cert, applet.SM2),
		"by the person":       by(mine),
		"by a stranger":       by(certify(delegate(), holder{}, applet.P256)),
		"by the root's":       by(certify(delegate(), in.root, applet.P256)),
		"by an authority":     by(in.issuer),
		"ended": by(under(func(c *smx509.Certificate) {
			c.NotBefore, c.NotAfter = start.AddDate(-1, 0, 0), start.AddDate(0, 0, -1)
		})),
		"not yet":            by(under(func(c *smx509.Certificate) { c.NotBefore, c.NotAfter = start.AddDate(0, 0, 1), start.AddDate(1, 0, 0) })),
		"for something else": by(under(func(c *smx509.Certificate) { c.ExtraExtensions[0] = usage(false, 8) })),
		"tryLater":           with([]byte{0x30, 3, 0x0a, 1, 3}), "more": with(append(response[:len(response):len(response)], 0)),
	} {
		t.Run(name, func(t *testing.T) { w.refused(t, changed, "status") })
	}
	if _, err := w.verify(by(in.delegate), receipt.Options{}); err != nil {
		t.Errorf("signed again by the delegate: %v", err)
	}
	t.Run("of another receipt", func(t *testing.T) {
		another := w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer())))
		w.refused(t, with(read(t, another).octets("ocsp")), "seal")
	})
	for name, change := range map[string]func(*register){
		"revoked": func(r *register) { r.revoked[mine.cert.SerialNumber.Text(16)] = start.Add(-time.Hour) },
		"unknown": func(r *register) { r.unknown = true },
	} {
		t.Run(name, func(t *testing.T) {
			w.register.change(change)
			defer w.register.change(func(r *register) { clear(r.revoked); r.unknown = false })
			w.refused(t, again(mine.cert), "status")
		})
	}
}

// TestExpired: a certificate that has ended signs nothing, although nobody revoked it.
func TestExpired(t *testing.T) {
	w := newWorld(t)
	by := w.authorities[applet.P256].certify(applet.P256, 1, func(c *smx509.Certificate) { c.NotBefore, c.NotAfter = start.AddDate(-2, 0, 0), start.Add(time.Hour) })
	prompt, err := statement(transfer()).Compose()
	if err != nil {
		t.Fatal(err)
	}
	f := w.factsBy(by, applet.P256, applet.KindTransaction, prompt.DER, claims(transfer()))
	evidence := w.seal(f)
	w.clock.pass(2 * time.Hour)
	if _, err := w.Seal(t.Context(), f); simtrust.ReasonOf(err) != receipt.ReasonCertificate {
		t.Errorf("%v", err)
	}
	s := read(t, evidence)
	w.refused(t, w.reseal(s.set("time_stamp", w.stamp(applet.P256, s.octets("signature"))), by.cert, applet.P256), "certificate")
	if _, err := w.verify(evidence, receipt.Options{}); err != nil {
		t.Errorf("a receipt outlives the certificate: %v", err)
	}
}

// TestPolicies: every profile of a SIM's key certifies signatures of its kind, and of no other.
func TestPolicies(t *testing.T) {
	w := newWorld(t)
	profiles, err := ca.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]applet.Kind{}
	for _, line := range []string{"eid", "enterprise", "bank-sim"} {
		kinds[line+"-login"], kinds[line+"-document"], kinds[line+"-transaction"] = applet.KindLogin, applet.KindDocument, applet.KindTransaction
	}
	kinds["bank-sim"], kinds["eid"] = applet.KindTransaction, applet.KindDocument
	bySubject := subjects()
	of := map[applet.Kind]applet.Subject{applet.KindLogin: bySubject["login"], applet.KindDocument: bySubject["document"], applet.KindTransaction: transfer()}
	for name, p := range profiles {
		by := w.authorities[applet.P256].certify(applet.P256, p.Policy, nil)
		for kind, subject := range of {
			prompt, err := statement(subject).Compose()
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.verify(w.seal(w.factsBy(by, applet.P256, kind, prompt.DER, claims(subject))), receipt.Options{})
			if (err == nil) != (kinds[name] == kind) {
				t.Errorf("a certificate of profile %s for a %s: %v", name, kind, err)
			}
		}
	}
}
