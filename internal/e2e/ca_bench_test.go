//go:build bench

package e2e

import (
	"crypto/tls"
	"fmt"
	"testing"
)

// authoritySubscribers is how many tenures the certificates for subscribers are spread over.
const authoritySubscribers = 24

// askedCertificates is how many certificates OCSP is asked about.
const askedCertificates = 1000

// BenchmarkAuthority measures the certificate authority from outside, on PostgreSQL, against step-ca in turns.
func BenchmarkAuthority(b *testing.B) {
	machine(b)
	rival := startStepCA(b)
	issuer := startSecure(b, "simtrust")
	before := []float64{issuer.rss(b), rival.rss(b)}
	b.Run("certificates", func(b *testing.B) { benchIssue(b, issuer, rival) })
	after := []float64{issuer.rss(b), rival.rss(b)}
	b.Run("storm", func(b *testing.B) { benchStorm(b, issuer) })

	responder := startServer(b, "simtrust, status", settings{Database: postgresURL(b), Subscribers: authoritySubscribers})
	idle := responder.rss(b)
	certificates := responder.issue(b, bankSIM, askedCertificates)
	b.Run("status", func(b *testing.B) { benchStatus(b, responder, certificates) })
	asked := responder.rss(b)
	b.Run("lists", func(b *testing.B) { benchLists(b, responder, certificates) })

	mebibytes := func(v float64) string { return fmt.Sprintf("%.0f MiB", v) }
	results.add("Certificate authority: resident memory", []string{"server", "when", ""},
		[]string{"simtrust", "at the start", mebibytes(before[0])},
		[]string{"simtrust", "after the certificates", mebibytes(after[0])},
		[]string{"step-ca", "at the start", mebibytes(before[1])},
		[]string{"step-ca", "after the certificates", mebibytes(after[1])},
		[]string{"simtrust for status", "at the start", mebibytes(idle)},
		[]string{"simtrust for status", fmt.Sprintf("after the OCSP answers, about %d certificates", askedCertificates), mebibytes(asked)},
		[]string{"simtrust for status", fmt.Sprintf("with %d revocations", loadedRevocations), mebibytes(responder.rss(b))})
}

// startSecure starts a server on PostgreSQL that speaks TLS, as step-ca does.
func startSecure(b *testing.B, name string) *server {
	b.Helper()
	root := newAuthority(b)
	crt, key := pemOf(b, root.issue(b, "127.0.0.1"))
	s := startServer(b, name, settings{Database: postgresURL(b), Subscribers: authoritySubscribers, Certificate: crt + root.pem(), Key: key})
	s.tls = &tls.Config{RootCAs: root.pool(), ServerName: "127.0.0.1"}
	return s
}
