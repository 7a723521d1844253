package applet_test

import (
	"crypto"
	"crypto/ecdsa"
	"testing"

	"simtrust"
	"simtrust/ca/csr"
	"simtrust/simshield/applet"
)

// enrolled is what a card answers.
func enrolled(t *testing.T, key crypto.Signer, c applet.Enrol, code string) applet.Enrolment {
	t.Helper()
	compressed, err := applet.CompressPublicKey(key.Public(), c.Algorithm)
	if err != nil {
		t.Fatal(err)
	}
	p := applet.Possession{ID: c.ID, Challenge: c.Challenge, Kind: c.Kind, Algorithm: c.Algorithm, PublicKey: compressed, Code: code}
	return applet.Enrolment{PublicKey: compressed, Code: code, Proof: sign(t, key, c.Algorithm, p.DER())}
}

// TestPossession: the proof is for one registration, kind, key and code, and an authority takes it for a certification request.
func TestPossession(t *testing.T) {
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			asked := enrol()
			asked.Algorithm = a
			key := newKey(t, a)
			good := enrolled(t, key, asked, "20481024")
			request, err := good.Request(asked)
			if err != nil {
				t.Fatal(err)
			}
			if read, err := csr.Parse(request); err != nil || !read.PublicKey.(*ecdsa.PublicKey).Equal(key.Public()) || len(read.Subject) != 0 {
				t.Errorf("%+v %v", read, err)
			}
			foreign := enrolled(t, newKey(t, a), asked, "20481024")
			for name, change := range map[string]func(*applet.Enrol, *applet.Enrolment){
				"another registration": func(c *applet.Enrol, _ *applet.Enrolment) { c.ID[0]++ },
				"another challenge":    func(c *applet.Enrol, _ *applet.Enrolment) { c.Challenge[15]++ },
				"another kind":         func(c *applet.Enrol, _ *applet.Enrolment) { c.Kind = applet.KindLogin },
				"another algorithm":    func(c *applet.Enrol, _ *applet.Enrolment) { c.Algorithm = 3 - c.Algorithm },
				"no algorithm":         func(c *applet.Enrol, _ *applet.Enrolment) { c.Algorithm = 0 },
				"another code":         func(_ *applet.Enrol, e *applet.Enrolment) { e.Code = "20481025" },
				"another key":          func(_ *applet.Enrol, e *applet.Enrolment) { e.PublicKey = foreign.PublicKey },
				"the key's mirror":     func(_ *applet.Enrol, e *applet.Enrolment) { e.PublicKey[0] ^= 1 },
				"no key":               func(_ *applet.Enrol, e *applet.Enrolment) { e.PublicKey = [33]byte{} },
				"another's proof":      func(_ *applet.Enrol, e *applet.Enrolment) { e.Proof = foreign.Proof },
				"no proof":             func(_ *applet.Enrol, e *applet.Enrolment) { e.Proof = applet.Signature{} },
			} {
				t.Run(name, func(t *testing.T) {
					c, e := asked, good
					change(&c, &e)
					_, err := e.Request(c)
					if reason := simtrust.ReasonOf(err); reason != applet.ReasonSignature && reason != applet.ReasonKey {
						t.Error(err)
					}
				})
			}
		})
	}
}
