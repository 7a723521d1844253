//go:build bench

package e2e

import (
	"crypto/tls"
	"fmt"
	"testing"
)

// authoritySubscribers is how many tenures the certificates for subscribers are spread over.
const authoritySubscribers = 100

// BenchmarkAuthority measures the certificate authority from outside, on PostgreSQL, against step-ca in turns.
func BenchmarkAuthority(b *testing.B) {
	machine(b)
	rival := startStepCA(b)
	issuer := startSecure(b, "simtrust")
	idle := []float64{issuer.rss(b), rival.rss(b)}

	b.Run("certificates", func(b *testing.B) { benchIssue(b, issuer, rival) })

	rows := [][]string{
		{issuer.name, fmt.Sprintf("%.0f MiB", idle[0]), fmt.Sprintf("%.0f MiB", issuer.rss(b))},
		{"step-ca", fmt.Sprintf("%.0f MiB", idle[1]), fmt.Sprintf("%.0f MiB", rival.rss(b))},
	}
	results.add("Certificate authority: resident memory", []string{"server", "at the start", "after all of the above"}, rows...)
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
