package csr_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"simtrust"
	"simtrust/ca/csr"

	"github.com/emmansun/gmsm/smx509"
)

// FuzzParse holds every accepted request against two other readers, and every refusal to a reason.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, der []byte) {
		r, err := csr.Parse(der)
		if err != nil {
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) == "" {
				t.Fatalf("%v has no reason", err)
			}
			return
		}
		if r.SPKIHash != sha256.Sum256(r.SPKI) || r.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
			t.Fatalf("%+v", r)
		}
		sm, err := smx509.ParseCertificateRequest(der)
		if err != nil {
			t.Fatalf("gmsm: %v", err)
		}
		if err := sm.CheckSignature(); err != nil || !bytes.Equal(sm.RawSubject, r.RawSubject) {
			t.Fatalf("gmsm: %v", err)
		}
		if r.Algorithm == csr.SM2 {
			return
		}
		std, err := x509.ParseCertificateRequest(der)
		if err != nil || std.CheckSignature() != nil || !bytes.Equal(std.RawSubjectPublicKeyInfo, r.SPKI) {
			t.Fatalf("crypto/x509: %v", err)
		}
	})
}
