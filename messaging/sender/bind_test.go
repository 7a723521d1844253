package sender_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca"
	"simtrust/messaging/sender"
)

// TestBind: certificates that are not the chatbot's to use, with a proof that is right in each case.
func TestBind(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.brand("Bank", "Bank Ltd")
		c := w.draft(b, "bank")
		for name, x := range map[string]struct {
			change func(*ca.Certificate)
			kind   simtrust.Kind
			reason string
		}{
			"of another organisation": {func(c *ca.Certificate) { c.Subject.Organization = "Shop Ltd" }, simtrust.KindDenied, sender.ReasonCertOther},
			"of none":                 {func(c *ca.Certificate) { c.Subject.Organization = "" }, simtrust.KindDenied, sender.ReasonCertOther},
			"in other case":           {func(c *ca.Certificate) { c.Subject.Organization = "bank ltd" }, simtrust.KindDenied, sender.ReasonCertOther},
			"of another profile":      {func(c *ca.Certificate) { c.Profile = "tls-client" }, simtrust.KindDenied, sender.ReasonCertProfile},
			"of an officer":           {func(c *ca.Certificate) { c.Profile = "enterprise-login" }, simtrust.KindDenied, sender.ReasonCertProfile},
			"revoked":                 {func(c *ca.Certificate) { c.Revoked, c.Reason = w.clock.now(), ca.KeyCompromise }, simtrust.KindDenied, sender.ReasonCertRevoked},
			"on hold":                 {func(c *ca.Certificate) { c.Revoked, c.Reason = w.clock.now(), ca.CertificateHold }, simtrust.KindDenied, sender.ReasonCertRevoked},
			"expired":                 {func(c *ca.Certificate) { c.NotAfter = w.clock.now().Add(-time.Second) }, simtrust.KindDenied, sender.ReasonCertExpired},
			"not yet valid":           {func(c *ca.Certificate) { c.NotBefore = w.clock.now().Add(time.Second) }, simtrust.KindDenied, sender.ReasonCertExpired},
			"not issued":              {func(c *ca.Certificate) { c.Raw = nil }, simtrust.KindUnprocessable, sender.ReasonCertKey},
		} {
			cert := w.certificate(b.Organization)
			proof := w.proof(c.ID, cert, nil)
			w.authority.change(cert.ID, x.change)
			_, err := w.Bind(t.Context(), sender.BindReq{Chatbot: c.ID, Certificate: cert.ID, Proof: proof})
			if simtrust.KindOf(err) != x.kind || simtrust.ReasonOf(err) != x.reason {
				t.Errorf("%s: %v (%s)", name, err, simtrust.ReasonOf(err))
			}
		}
		cert := w.certificate(b.Organization)
		w.authority.set(true)
		wantError(t, w.bind(c.ID, cert), simtrust.KindUnavailable, "")
		w.authority.set(false)
		w.authority.remove(cert.ID)
		wantError(t, w.bind(c.ID, cert), simtrust.KindNotFound, sender.ReasonCertUnknown)
		got, err := w.Chatbot(t.Context(), c.ID)
		if must(t, got, err); got.Certificate.ID != "" {
			t.Errorf("bound to %s", got.Certificate.ID)
		}
		wantError(t, w.bind(simtrust.NewID("bot"), w.certificate(b.Organization)), simtrust.KindNotFound, sender.ReasonUnknownBot)
	})
}

// TestOrganizationID: where a brand has an identifier, a certificate with its name alone is another's.
func TestOrganizationID(t *testing.T) {
	w := embedded(t)
	b, err := w.CreateBrand(t.Context(), sender.BrandReq{Name: "Bank", Holder: "o", Organization: "Bank Ltd", OrganizationID: "NTRCN-1"})
	must(t, b, err)
	c := w.draft(b, "bank")
	cert := w.certificate("Bank Ltd")
	wantError(t, w.bind(c.ID, cert), simtrust.KindDenied, sender.ReasonCertOther)
	w.authority.change(cert.ID, func(c *ca.Certificate) { c.Subject.OrganizationID = "NTRCN-2" })
	wantError(t, w.bind(c.ID, cert), simtrust.KindDenied, sender.ReasonCertOther)
	w.authority.change(cert.ID, func(c *ca.Certificate) {
		c.Subject = ca.Subject{Organization: "Bank (Renamed) Ltd", OrganizationID: "NTRCN-1"}
	})
	must(t, c, w.bind(c.ID, cert))
}

// TestProofs: proofs that prove nothing about this chatbot, here and now.
func TestProofs(t *testing.T) {
	w := embedded(t)
	b := w.brand("Bank", "Bank Ltd")
	c, sibling := w.draft(b, "bank"), w.draft(b, "other")
	cert, second := w.certificate(b.Organization), w.certificate(b.Organization)
	right := w.proof(c.ID, cert, nil)
	part := strings.Split(right, ".")
	header := func(text string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + part[1] + "." + part[2]
	}
	signed := func(method jwt.SigningMethod, key any, typ string, claims jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["typ"] = typ
		text, err := token.SignedString(key)
		return must(t, text, err)
	}
	sum := func(p *sender.Proof) string { return p.CertificateSHA256 }
	var digest string
	w.proof(c.ID, cert, func(p *sender.Proof) { digest = sum(p) })
	claims := func(more jwt.MapClaims) jwt.MapClaims {
		m := jwt.MapClaims{"chatbot": c.ID, "certificate_sha256": digest, "aud": issuer, "iat": w.clock.now().Unix()}
		for k, v := range more {
			m[k] = v
		}
		return m
	}
	for name, x := range map[string]struct{ proof, reason string }{
		"nothing":                    {"", sender.ReasonProof},
		"no JWS":                     {"a.b", sender.ReasonProof},
		"for another chatbot":        {w.proof(sibling.ID, cert, nil), sender.ReasonProof},
		"for another certificate":    {w.proof(c.ID, second, nil), sender.ReasonProof},
		"by another's key":           {w.proof(c.ID, certificate{cert.Certificate, second.key}, nil), sender.ReasonProof},
		"at another server":          {w.proof(c.ID, cert, func(p *sender.Proof) { p.Audience = "https://other.example" }), sender.ReasonProof},
		"digest in capitals":         {w.proof(c.ID, cert, func(p *sender.Proof) { p.CertificateSHA256 = strings.ToUpper(sum(p)) }), sender.ReasonProof},
		"five minutes ago":           {w.proof(c.ID, cert, func(p *sender.Proof) { p.Issued -= 301 }), sender.ReasonProofStale},
		"from the future":            {w.proof(c.ID, cert, func(p *sender.Proof) { p.Issued += 31 }), sender.ReasonProofStale},
		"without an instant":         {w.proof(c.ID, cert, func(p *sender.Proof) { p.Issued = 0 }), sender.ReasonProofStale},
		"of another type":            {signed(jwt.SigningMethodES256, cert.key, "JWT", claims(nil)), sender.ReasonProof},
		"with a claim too many":      {signed(jwt.SigningMethodES256, cert.key, sender.ProofType, claims(jwt.MapClaims{"amount": 1})), sender.ReasonProof},
		"with a claim of texts":      {signed(jwt.SigningMethodES256, cert.key, sender.ProofType, claims(jwt.MapClaims{"aud": []string{issuer}})), sender.ReasonProof},
		"by HMAC with public octets": {signed(jwt.SigningMethodHS256, cert.Raw, sender.ProofType, claims(nil)), sender.ReasonProof},
		"by nobody":                  {header(`{"alg":"none","typ":"simtrust-binding+jwt"}`), sender.ReasonProof},
		"changed":                    {header(`{"alg":"ES256","typ":"simtrust-binding+jwt","kid":"x"}`), sender.ReasonProof},
		"without a signature":        {part[0] + "." + part[1] + ".", sender.ReasonProof},
	} {
		_, err := w.Bind(t.Context(), sender.BindReq{Chatbot: c.ID, Certificate: cert.ID, Proof: x.proof})
		if simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != x.reason {
			t.Errorf("%s: %v (%s)", name, err, simtrust.ReasonOf(err))
		}
	}
	for _, id := range []string{c.ID, sibling.ID} {
		got, err := w.Chatbot(t.Context(), id)
		if must(t, got, err); got.Certificate.ID != "" {
			t.Errorf("%s is bound", id)
		}
	}
}

// TestProofIsGoodOnce: a proof that was used takes nobody back to the certificate before.
func TestProofIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.brand("Bank", "Bank Ltd")
		c := w.draft(b, "bank")
		old, fresh := w.certificate(b.Organization), w.certificate(b.Organization)
		first := sender.BindReq{Chatbot: c.ID, Certificate: old.ID, Proof: w.proof(c.ID, old, nil), By: "bank"}
		_, err := w.Bind(t.Context(), first)
		must(t, c, err)
		_, err = w.Bind(t.Context(), first)
		must(t, c, err) // the answer was lost
		w.clock.advance(time.Second)
		must(t, c, w.bind(c.ID, fresh))
		_, err = w.Bind(t.Context(), first)
		wantError(t, err, simtrust.KindDenied, sender.ReasonProofStale)
		got, err := w.Chatbot(t.Context(), c.ID)
		if must(t, got, err); got.Certificate.ID != fresh.ID {
			t.Error("an old proof brought the old certificate back")
		}
		acts, _, err := w.History(t.Context(), c.ID, sender.Page{})
		if must(t, acts, err); len(acts) != 3 {
			t.Errorf("on record: %+v", acts)
		}
	})
}

// TestKeysOfCertificates: each kind of key under its own algorithm.
func TestKeysOfCertificates(t *testing.T) {
	w := embedded(t)
	b := w.brand("Bank", "Bank Ltd")
	c := w.draft(b, "bank")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(t, p384, err)
	rsa3072, err := rsa.GenerateKey(rand.Reader, 3072)
	must(t, rsa3072, err)
	must(t, c, w.bind(c.ID, w.certify(b.Organization, p384)))
	w.clock.advance(time.Second)
	must(t, c, w.bind(c.ID, w.certify(b.Organization, rsa3072)))

	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	must(t, edwards, err)
	cert := w.certify(b.Organization, edwards)
	_, err = w.Bind(t.Context(), sender.BindReq{Chatbot: c.ID, Certificate: cert.ID, Proof: "a.b.c"})
	wantError(t, err, simtrust.KindUnprocessable, sender.ReasonCertKey)
	if _, err := sender.NewProof(sender.Proof{}, edwards); err == nil {
		t.Error("a key without an algorithm signs")
	}
}
