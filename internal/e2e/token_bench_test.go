//go:build bench

package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const tokenClients = 16

// tokenRequest is a client_credentials request, always the same one.
func tokenRequest(issuer, id, secret string) (host string, request []byte) {
	host = strings.TrimPrefix(issuer, "http://")
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}
	return host, postRequest("/token", host, basic(id, secret), formType, form.Encode())
}

func tokenContender(b *testing.B, name string, p *process, issuer, id, secret string) contender {
	host, request := tokenRequest(issuer, id, secret)
	lines := make([]wire, tokenClients)
	for i := range lines {
		lines[i].to = host
	}
	b.Cleanup(func() {
		for i := range lines {
			lines[i].close()
		}
	})
	return contender{name: name, process: p, clients: tokenClients, step: func(c int) error {
		got, err := lines[c].do(request)
		if err == nil && got.status != http.StatusOK {
			err = fmt.Errorf("token: %d %s", got.status, got.body)
		}
		return err
	}}
}

// benchToken compares the CPU that a client_credentials request costs the server with what it costs the floor.
func benchToken(b *testing.B, servers []*server) {
	var at floorAddress
	floor := startProcess(b, "floor", settings{})
	floor.ready(b, &at)
	contenders := []contender{tokenContender(b, "floor", floor, at.Issuer, at.Client, at.Secret)}
	for _, s := range servers {
		c := s.client("service")
		contenders = append(contenders, tokenContender(b, s.name, s.process, s.Issuer, c.ClientID, c.ClientSecret))
	}
	all := contest(b, "token endpoint", 7, time.Second, 2*time.Second, contenders)
	var rows [][]string
	for _, c := range contenders {
		s := all[c.name]
		against := ratio(s, all["floor"], cpu)
		rows = append(rows, []string{c.name, microseconds(median(s, cpu)), fmt.Sprintf("%.2f", against), fmt.Sprintf("%.0f", median(s, rate)),
			milliseconds(median(s, p50)), milliseconds(median(s, p99))})
		b.ReportMetric(against, strings.ReplaceAll(c.name, " ", "-")+"/floor")
	}
	results.add("Token endpoint: client_credentials, ES256, 16 clients",
		[]string{"server", "server CPU a request", "against the floor", "tokens/s", "p50", "p99"}, rows...)
}
