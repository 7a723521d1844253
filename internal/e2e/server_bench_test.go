//go:build bench

package e2e

import (
	"fmt"
	"testing"
)

// BenchmarkServer measures the server from outside, all of it in one run: the same three servers answer every benchmark, in turns.
func BenchmarkServer(b *testing.B) {
	machine(b)
	sqlite := startServer(b, "SQLite", settings{})
	postgres := startServer(b, "PostgreSQL", settings{Database: postgresURL(b)})
	alone := startServer(b, "PostgreSQL, not coalesced", settings{Database: postgresURL(b), Alone: true, Conns: aloneConns})
	servers := []*server{sqlite, postgres, alone}
	idle := memory(b, servers)

	b.Run("token", func(b *testing.B) { benchToken(b, servers[:2]) })
	b.Run("login-secret", func(b *testing.B) {
		benchLogin(b, "secret", "Full login, client with a secret: authorize, token, verify", servers)
	})
	b.Run("login-camara", func(b *testing.B) {
		benchLogin(b, "camara", "Full login, CAMARA client with private_key_jwt: authorize, token, verify", servers)
	})
	b.Run("accounting", func(b *testing.B) { benchAccounting(b, servers[:2]) })

	var rows [][]string
	for i, after := range memory(b, servers) {
		rows = append(rows, []string{servers[i].name, fmt.Sprintf("%.0f MiB", idle[i]), fmt.Sprintf("%.0f MiB", after)})
	}
	results.add("Resident memory", []string{"server", "at the start", "after all of the above"}, rows...)
}

// aloneConns is how many transactions the server that merges nothing may have under way: it is slower with the default of 16.
const aloneConns = 64

func memory(b *testing.B, servers []*server) []float64 {
	var all []float64
	for _, s := range servers {
		all = append(all, s.rss(b))
	}
	return all
}
