package document_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/document"
)

// jws is a flattened JWS with what JAdES adds, as a stranger reads it.
type jws struct {
	Payload   string
	Protected string
	Signature string
	Header    struct{ EtsiU []string }
}

// header is its protected header.
type header struct {
	Alg, Cty string
	Iat      int64
	X5t      string   `json:"x5t#S256"`
	X5c      [][]byte `json:"x5c"`
	Crit     []string
	B64      *bool
}

func readJWS(t testing.TB, text []byte) (s jws, h header) {
	t.Helper()
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(decoded(t, s.Protected), &h); err != nil {
		t.Fatal(err)
	}
	return s, h
}

func decoded(t testing.TB, text string) []byte {
	t.Helper()
	octets, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// verifyJWS checks signature, certificate and chain with the standard library alone, and the time stamp.
func (w *world) verifyJWS(s jws, h header) error {
	w.t.Helper()
	leaf, err := x509.ParseCertificate(h.X5c[0])
	w.must(err)
	if sum := sha256.Sum256(leaf.Raw); h.X5t != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return errors.New("x5t#S256 is of another certificate")
	}
	sum, sig := sha256.Sum256([]byte(s.Protected+"."+s.Payload)), decoded(w.t, s.Signature)
	if len(sig) != 64 || !ecdsa.Verify(leaf.PublicKey.(*ecdsa.PublicKey), sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return errors.New("not signed by the certificate's key")
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, der := range w.Roots() {
		if c, err := x509.ParseCertificate(der); err == nil { // the others are of SM2
			roots.AddCert(c)
		}
	}
	for _, der := range h.X5c[1:] {
		c, err := x509.ParseCertificate(der)
		w.must(err)
		between.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: w.Clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return err
	}
	return w.stamped(jwsToken(w.t, s), applet.P256, []byte(s.Signature))
}

// jwsToken is the time stamp in etsiU.
func jwsToken(t testing.TB, s jws) []byte {
	t.Helper()
	var added struct {
		SigTst struct{ TstTokens []struct{ Val []byte } }
	}
	if len(s.Header.EtsiU) != 1 {
		t.Fatalf("etsiU: %v", s.Header.EtsiU)
	}
	if err := json.Unmarshal(decoded(t, s.Header.EtsiU[0]), &added); err != nil || len(added.SigTst.TstTokens) != 1 {
		t.Fatal(err, added)
	}
	return added.SigTst.TstTokens[0].Val
}

func TestJAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := order(document.JAdES)
		o.MediaType = "text/plain; charset=utf-8"
		d := w.sign(o)
		s, h := readJWS(t, d.Signed)
		if err := w.verifyJWS(s, h); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(decoded(t, s.Payload), contract) || h.Alg != "ES256" || h.Cty != o.MediaType || h.Iat != w.Clock.Now().Unix() || h.Crit != nil || h.B64 != nil {
			t.Errorf("%+v", h)
		}
		if d.MediaType != "application/jose+json" {
			t.Errorf("media type %s", d.MediaType)
		}
	})
}

// TestAlteredJAdES: payload, header, signature, certificate and time stamp hang together.
func TestAlteredJAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good, h := readJWS(t, w.sign(order(document.JAdES)).Signed)
		o := order(document.JAdES)
		o.Order = "C-2"
		other, otherHeader := readJWS(t, w.sign(o).Signed)
		encode := base64.RawURLEncoding.EncodeToString
		for name, change := range map[string]func(*jws, *header){
			"another payload": func(s *jws, _ *header) { s.Payload = encode([]byte("rent: 1")) },
			"another time": func(s *jws, _ *header) {
				s.Protected = encode(bytes.Replace(decoded(t, s.Protected), []byte(`"iat":1`), []byte(`"iat":2`), 1))
			},
			"no algorithm": func(s *jws, _ *header) {
				s.Protected = encode(bytes.Replace(decoded(t, s.Protected), []byte("ES256"), []byte("none"), 1))
			},
			"r and s swapped": func(s *jws, _ *header) {
				sig := decoded(t, s.Signature)
				s.Signature = encode(append(sig[32:], sig[:32]...))
			},
			"another's signature":    func(s *jws, _ *header) { s.Signature = other.Signature },
			"another's time stamp":   func(s *jws, _ *header) { s.Header = other.Header },
			"the issuer as signer":   func(_ *jws, h *header) { h.X5c = h.X5c[1:] },
			"an issuer that is not":  func(_ *jws, h *header) { h.X5c = [][]byte{h.X5c[0], w.tsaRoot} },
			"another certificate id": func(_ *jws, h *header) { h.X5t = strings.ToUpper(otherHeader.X5t) },
		} {
			s, h := good, h
			change(&s, &h)
			if err := w.verifyJWS(s, h); err == nil {
				t.Errorf("%s is not seen", name)
			}
		}
	})
}

// TestNoJAdESOfSM2: there is no algorithm to name.
func TestNoJAdESOfSM2(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.docs.Start(t.Context(), "landlord", orderSM2(document.JAdES)); simtrust.ReasonOf(err) != document.ReasonKey {
			t.Error(err)
		}
		if w.Settle(); len(w.phoneSM2.Person.Shown) > 0 {
			t.Error("the person was asked")
		}
	})
}
