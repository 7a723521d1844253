package oidc_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/authn/oidc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkLogin is a whole login without connections: authorize with prompt=none, token, verify: three durable steps. The
// variant "single" writes each step in a transaction of its own, on as many workers as there are clients.
func BenchmarkLogin(b *testing.B) {
	sqldbtest.EachBench(b, schema, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		w.must(w.accounts.Consent(b.Context(), consentTo(w, "web", oidc.ScopeVerify)))
		for _, clients := range []int{1, 64, 256} {
			for variant, writes := range map[string][]sqldb.CoalescerOption{
				"coalesced": nil,
				"single":    {sqldb.WithMaxBatch(1), sqldb.WithWorkers(min(clients, 64))},
			} {
				_, handler := w.serveOn(db, writes...)
				b.Run(fmt.Sprintf("clients=%d/%s", clients, variant), func(b *testing.B) { benchmarkLogins(b, w, handler, clients) })
			}
		}
	})
}

func benchmarkLogins(b *testing.B, w *world, handler http.Handler, clients int) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range clients {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				start := time.Now()
				if err := logIn(w, handler); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

var loginQuery = authorization("client_id", "web", "scope", oidc.ScopeVerify).Encode()

func logIn(w *world, handler http.Handler) error {
	back := serve(handler, w.request(http.MethodGet, "/authorize?"+loginQuery, "", lineHeader, "1"))
	to, err := url.Parse(back.Header.Get("Location"))
	if err != nil {
		return err
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}
	got := serve(handler, w.request(http.MethodPost, "/token", form.Encode(), w.basic("web")...))
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("token: %d %s", got.StatusCode, got.body)
	}
	req := w.request(http.MethodPost, pathVerify, claimed, "Authorization", "Bearer "+w.tokens(got).Access)
	req.Header.Set("Content-Type", "application/json")
	if res := serve(handler, req); res.StatusCode != http.StatusOK {
		return fmt.Errorf("verify: %d %s", res.StatusCode, res.body)
	}
	return nil
}
