package sqldb_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkRedeem uses each of b.N tickets once, durably, from 1, 64 and 256 callers: in batches, and one transaction each.
func BenchmarkRedeem(b *testing.B) {
	modes := []struct {
		name string
		opts []sqldb.CoalescerOption
	}{
		{"coalesced", nil},
		{"single", []sqldb.CoalescerOption{sqldb.WithMaxBatch(1), sqldb.WithWorkers(16)}},
	}
	sqldbtest.EachBench(b, tickets, func(b *testing.B, db *sqldb.DB) {
		for _, mode := range modes {
			for _, callers := range []int{1, 64, 256} {
				b.Run(fmt.Sprintf("%s/callers=%d", mode.name, callers), func(b *testing.B) {
					benchmarkRedeem(b, db, callers, mode.opts)
				})
			}
		}
	})
}

var benchSerial atomic.Int64

func benchmarkRedeem(b *testing.B, db *sqldb.DB, callers int, opts []sqldb.CoalescerOption) {
	keys := make(chan string, b.N)
	rows := make([][]any, b.N)
	for i := range rows {
		serial := benchSerial.Add(1)
		rows[i] = []any{fmt.Sprintf("bench-%d", serial), serial}
		keys <- rows[i][0].(string)
	}
	close(keys)
	if err := db.InTx(b.Context(), func(tx *sqldb.Tx) error {
		return sqldb.InsertRows(b.Context(), tx, "insert into ticket (key, serial)", rows, "")
	}); err != nil {
		b.Fatal(err)
	}
	c := sqldb.NewCoalescer(db, "bench.redeem", redeem, opts...)
	defer c.Close()
	b.ResetTimer()
	start := time.Now()
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for key := range keys {
				if won, err := c.Do(b.Context(), use{key, 1}); err != nil || !won {
					b.Errorf("%s: %v %v", key, won, err)
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "redeem/s")
}
