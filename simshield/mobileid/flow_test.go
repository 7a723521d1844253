package mobileid_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestPublishedFlow is a relying party as SK-EID/MID's README (sections 2.4.1, 3.2, 3.3.6) describes one, written from it alone.
func TestPublishedFlow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sum256, sum384, sum512 := sha256.Sum256([]byte("a")), sha512.Sum384([]byte("a")), sha512.Sum512([]byte("a"))
		for name, c := range map[string]struct {
			path, hashType string
			hash           []byte
		}{
			"authentication SHA256": {"authentication", "SHA256", sum256[:]},
			"authentication SHA512": {"authentication", "SHA512", sum512[:]},
			"signature SHA256":      {"signature", "SHA256", sum256[:]},
			"signature SHA384":      {"signature", "SHA384", sum384[:]},
		} {
			t.Run(name, func(t *testing.T) {
				w.Clock.Advance(time.Minute) // prompts are counted by the minute
				w.phone.Person.Shown = nil
				id := w.ask(c.path, w.shop.order(c.hash).with("hashType", c.hashType).with("displayText", "Log in to the shop?"))
				r := w.ends(c.path, id, "OK")
				code := fmt.Sprintf("%04d", (int(c.hash[0])>>2)<<7|int(c.hash[len(c.hash)-1])&0x7F)
				if !slices.ContainsFunc(w.phone.Person.Shown, func(s string) bool { return strings.Contains(s, code) }) {
					t.Errorf("the code %s was not on the screen: %q", code, w.phone.Person.Shown)
				}
				if (r.Cert != nil) != (c.path == "authentication") {
					t.Errorf("a certificate of %d octets", len(r.Cert))
				}
				if r.Cert == nil {
					r.Cert = w.certificate()
				}
				leaf := w.chained(r.Cert)
				if !verifies(leaf, c.hash, r.Signature.Value) || r.Signature.Algorithm != c.hashType+"WithECEncryption" {
					t.Errorf("the signature of %s does not verify", r.Signature.Algorithm)
				}
			})
		}
	})
}

// certificate asks for the signing certificate.
func (w *world) certificate() []byte {
	w.t.Helper()
	r := w.post("certificate", w.shop.order(nil))
	if r.Result != "OK" || r.TraceID == "" {
		w.t.Fatalf("certificate: %d %s %s", r.Status, r.Result, r.Error)
	}
	return r.Cert
}

// chained checks that a certificate is one of the authority's.
func (w *world) chained(der []byte) *x509.Certificate {
	w.t.Helper()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	k, err := w.Key(w.t.Context(), simshield.KeyReq{Party: "shop", Number: parse(w.t, number), Application: applet.EID, Kind: kindOf(leaf)})
	if err != nil {
		w.t.Fatal(err)
	}
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for i, c := range k.Chain {
		issuer, err := x509.ParseCertificate(c)
		if err != nil {
			w.t.Fatal(err)
		}
		if i == len(k.Chain)-1 {
			roots.AddCert(issuer)
		}
		between.AddCert(issuer)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: w.Clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		w.t.Fatal(err)
	}
	return leaf
}

// kindOf tells keys by key usage: non-repudiation is for documents.
func kindOf(c *x509.Certificate) applet.Kind {
	if c.KeyUsage&x509.KeyUsageContentCommitment != 0 {
		return applet.KindDocument
	}
	return applet.KindLogin
}

// verifies checks r and s over a hash.
func verifies(c *x509.Certificate, hash, value []byte) bool {
	if len(value) != 64 {
		return false
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(value[:32]), new(big.Int).SetBytes(value[32:])})
	return err == nil && ecdsa.VerifyASN1(c.PublicKey.(*ecdsa.PublicKey), hash, der)
}

// TestResults: what a person or a telephone does, as sessions say it.
func TestResults(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, c := range []struct {
			result string
			do     func()
		}{
			{"USER_CANCELLED", func() { w.phone.Person.Refuses = true }},
			{"TIMEOUT", func() { w.phone.Person.Ignores = true }},
			{"PHONE_ABSENT", func() { w.phone.Absent = true }},
			{"OK", func() { w.phone.Person.PINs = []string{"0000"} }},
			{"SIM_ERROR", func() { w.phone.Person.PINs = []string{"0000", "0001", "0002"} }}, // blocked
			{"NOT_MID_CLIENT", func() {}},                                                    // and the key ended with it
		} {
			w.Clock.Advance(time.Minute)
			w.phone.Person.Refuses, w.phone.Person.Ignores, w.phone.Absent = false, false, false
			c.do()
			id := w.ask("authentication", w.shop.order(make([]byte, 32)))
			w.ends("authentication", id, c.result)
		}
	})
}

// TestTimeout: whoever does not answer in time.
func TestTimeout(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		if r := w.poll("authentication", id, here); r.State != "RUNNING" || r.Result != "" || r.Signature != nil {
			t.Errorf("before anybody answered the session is %s %s", r.State, r.Result)
		}
		w.Clock.Advance(2*time.Minute + 5*time.Second)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r := w.poll("authentication", id, here); r.Result != "TIMEOUT" {
			t.Errorf("the session is %s %s", r.State, r.Result)
		}
	})
}

// TestNewerPoll: a newer poll on a session ends the older with RUNNING, and gets the answer itself.
func TestNewerPoll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		replies := make(chan reply, 2)
		var polls sync.WaitGroup
		for range 2 {
			polls.Go(func() { replies <- w.do("GET", "authentication/session/"+id+"?timeoutMs=60000", nil, here) })
		}
		if r := <-replies; r.State != "RUNNING" {
			t.Errorf("the older poll ended with %s %s", r.State, r.Result)
		}
		w.Settle()
		if r := <-replies; r.Result != "OK" {
			t.Errorf("the newer poll ended with %s %s", r.State, r.Result)
		}
		polls.Wait()
	})
}

// TestStop: a node that stops lets nobody wait.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.ask("authentication", w.shop.order(make([]byte, 32)))
		var poll sync.WaitGroup
		poll.Go(func() {
			if r := w.do("GET", "authentication/session/"+id+"?timeoutMs=60000", nil, here); r.State != "RUNNING" {
				t.Errorf("the poll ended with %s %s", r.State, r.Result)
			}
		})
		w.face.Close()
		poll.Wait()
	})
}

func TestVersion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "/mid-api/version", nil)
		if err != nil {
			t.Fatal(err)
		}
		rec := record(w.router, r)
		if rec.Code != http.StatusOK || !strings.HasPrefix(rec.Body.String(), "Version: ") {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		w.refused(http.StatusMethodNotAllowed, w.do("GET", "signature", nil, here))
		w.refused(http.StatusNotFound, w.do("GET", "nothing", nil, here))
	})
}
