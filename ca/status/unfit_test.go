package status_test

import (
	"crypto/x509/pkix"
	"net/http"
	"testing"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
)

func mounted(s *status.Service) http.Handler {
	r := rpc.NewRouter(rpc.Config{})
	s.Mount(r)
	return status.KeepSlashes(r)
}

// spoiltIssuers are ways in which an issuer or its delegate must not be.
func spoiltIssuers(t *testing.T) map[string]func(*ca.Issuer) {
	delegate := func(change func(*smx509.Certificate)) func(*ca.Issuer) {
		return func(i *ca.Issuer) {
			var err error
			if i.OCSP, err = newDelegate(i, keys.P256, change); err != nil {
				t.Fatal(err)
			}
		}
	}
	return map[string]func(*ca.Issuer){
		"no delegate":              func(i *ca.Issuer) { i.OCSP = nil },
		"not a certificate":        func(i *ca.Issuer) { i.Raw = []byte("certificate") },
		"delegate not one":         func(i *ca.Issuer) { i.OCSP.Raw = []byte("certificate") },
		"delegate of another":      func(i *ca.Issuer) { i.OCSP = must(newIssuer("other", keys.P256)).OCSP },
		"issuer with another key":  func(i *ca.Issuer) { i.Signer = must(generate(keys.P256)) },
		"delegate, another key":    func(i *ca.Issuer) { i.OCSP.Signer = must(generate(keys.P256)) },
		"delegate, another curve":  func(i *ca.Issuer) { i.OCSP.Signer = must(generate(keys.SM2)) },
		"delegate without nocheck": delegate(func(c *smx509.Certificate) { c.ExtraExtensions = nil }),
		"delegate without purpose": delegate(func(c *smx509.Certificate) { c.ExtKeyUsage = nil }),
		"delegate with another": delegate(func(c *smx509.Certificate) {
			c.ExtKeyUsage = append(c.ExtKeyUsage, smx509.ExtKeyUsageServerAuth)
		}),
		"delegate with any purpose": delegate(func(c *smx509.Certificate) { c.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny} }),
		"delegate of other usage":   delegate(func(c *smx509.Certificate) { c.KeyUsage |= smx509.KeyUsageKeyEncipherment }),
		"delegate is an authority": delegate(func(c *smx509.Certificate) {
			c.IsCA, c.BasicConstraintsValid = true, true
		}),
		"issuer signs answers": func(i *ca.Issuer) {
			// An issuing certificate with OCSPSigning, as in the mass revocation of July 2020.
			cert := must(smx509.ParseCertificate(i.Raw))
			cert.ExtKeyUsage, cert.Subject = []smx509.ExtKeyUsage{smx509.ExtKeyUsageOCSPSigning}, pkix.Name{CommonName: "OCSP in a CA"}
			i.Raw = must(smx509.CreateCertificate(nil, cert, cert, i.Signer.Public(), i.Signer.(*seam).Signer))
		},
	}
}
