package ca_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
)

// strong is a hierarchy of issuers of services with keys of P-384 and RSA-3072.
func strong(t *testing.T) *ca.Hierarchy {
	t.Helper()
	root := must(newAuthority("Root", elliptic.P256(), nil))
	h := &ca.Hierarchy{Roots: [][]byte{root.cert.Raw}}
	for id, algorithm := range map[string]keys.KeyAlgorithm{"service-p384": keys.P384, "service-rsa": keys.RSA3072} {
		a := must(certify("Issuing "+id, must(keys.Throwaway(algorithm)), &root, func(*smx509.Certificate) {}))
		h.Issuers = append(h.Issuers, issuerBy(id, ca.LineService, algorithm, a, root.cert.Raw))
	}
	return h
}

// TestIssuersOfOtherAlgorithms issues under P-384 and RSA-3072 to keys of every kind; crypto/x509 builds the paths. A key gets the issuer of
// its own kind where there is one.
func TestIssuersOfOtherAlgorithms(t *testing.T) {
	w := embedded(t).under(strong(t))
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	p384Key := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	p256Key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	for _, c := range []struct {
		name   string
		key    crypto.Signer
		wanted string
		issuer string
		signed x509.SignatureAlgorithm
	}{
		{"P-256", p256Key, "", "service-p384", x509.ECDSAWithSHA384},
		{"P-384", p384Key, "", "service-p384", x509.ECDSAWithSHA384},
		{"RSA", rsaKey, "", "service-rsa", x509.SHA256WithRSA},
		{"P-256 under RSA", p256Key, "service-rsa", "service-rsa", x509.SHA256WithRSA},
		{"P-384 under RSA", p384Key, "service-rsa", "service-rsa", x509.SHA256WithRSA},
		{"RSA under P-384", rsaKey, "service-p384", "service-p384", x509.ECDSAWithSHA384},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := w.server("a.example")
			req.CSR, req.Issuer = requestFor(t, c.key, nil), c.wanted
			got := w.issue(req)
			w.wantChain(t, got)
			leaf := must(x509.ParseCertificate(got.Raw))
			if got.Issuer != c.issuer || leaf.SignatureAlgorithm != c.signed {
				t.Errorf("%s with %v", got.Issuer, leaf.SignatureAlgorithm)
			}
			revoked, err := w.Revoke(t.Context(), ca.RevokeReq{ID: got.ID, Reason: ca.Superseded})
			if err != nil || revoked.Revoked.IsZero() {
				t.Error(err)
			}
		})
	}
	for _, issuer := range w.hierarchy.Issuers {
		flipped := &seam{Signer: issuer.Signer}
		flipped.at(nil, func(s []byte) []byte { s[len(s)-1] ^= 1; return s })
		issuer.Signer = flipped
		req := w.server("a.example")
		req.Issuer = issuer.ID
		_, err := w.Issue(t.Context(), req)
		wantError(t, err, simtrust.KindUnavailable, "")
	}
}
