//go:build e2e

package gm_test

import (
	"bytes"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/peertest"
)

// TestSMCryptoOpensTheEnvelope with the signing key, and with no other.
func TestSMCryptoOpensTheEnvelope(t *testing.T) {
	w := embedded(t)
	for range 4 { // keys with leading zeros among them, some day
		key := newKey(t)
		pair, err := w.issue(bank(), key)
		if err != nil {
			t.Fatal(err)
		}
		certificate, err := smx509.ParseCertificate(pair.Encryption.Raw)
		if err != nil {
			t.Fatal(err)
		}
		spki := certificate.RawSubjectPublicKeyInfo
		public := spki[len(spki)-65:] // an uncompressed point
		open := func(with *sm2.PrivateKey) (opened []byte) {
			got := peertest.Ask[struct {
				Algorithm     string
				Named, Opened []byte
			}](t, "envelope.mjs", map[string][]byte{"envelope": pair.Envelope, "key": with.D.FillBytes(make([]byte, 32))})
			if got.Algorithm != "1.2.156.10197.1.104.1" || !bytes.Equal(got.Named, public) {
				t.Errorf("%s for %x", got.Algorithm, got.Named)
			}
			return got.Opened
		}
		if got := open(key); !bytes.Equal(got, public) {
			t.Errorf("the key of %x, want %x", got, public)
		}
		if got := open(newKey(t)); got != nil {
			t.Error("a stranger's key opens it")
		}
	}
}
