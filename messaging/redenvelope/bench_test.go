package redenvelope_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkClaim is claims on one campaign, each by another person, durable; against one transaction for each under the lock of the campaign's
// row. The ledger is exact at the end.
func BenchmarkClaim(b *testing.B) {
	sqldbtest.EachBench(b, schema, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		ways := map[string]func(ctx context.Context, campaign string, who simtrust.TenureID) error{
			"coalesced": func(ctx context.Context, campaign string, who simtrust.TenureID) error {
				_, err := w.Claim(ctx, campaign, who)
				return err
			},
			"row lock": func(ctx context.Context, campaign string, who simtrust.TenureID) error {
				return db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return w.ClaimWithin(ctx, tx, campaign, who) })
			},
		}
		for _, callers := range []int{1, 64, 1024} {
			for _, way := range []string{"coalesced", "row lock"} {
				b.Run(fmt.Sprintf("%s/%d", way, callers), func(b *testing.B) { w.benchmark(b, callers, ways[way]) })
			}
		}
		w.t = b
		w.audit()
	})
}

func (w *world) benchmark(b *testing.B, callers int, claim func(context.Context, string, simtrust.TenureID) error) {
	w.t = b
	campaign := w.campaign(request(10_000_000*100, 10_000_000)).ID
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := claim(b.Context(), campaign, simtrust.NewTenureID()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
	if c := w.shown(campaign); c.Given != int64(b.N) {
		b.Errorf("%d shares for %d claims", c.Given, b.N)
	}
}
