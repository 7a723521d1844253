package authn_test

import (
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"simtrust/authn"
	"simtrust/authn/radius"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const sessions = 10_000

func benchEach(b *testing.B, fn func(b *testing.B, w *world)) {
	b.Helper()
	sqldbtest.EachBench(b, []sqldb.Migrations{authn.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		b.ReportAllocs()
		b.SetParallelism(32) // 64 callers on two cores
		fn(b, newWorld(b, db, func(*authn.Config) {}))
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	})
}

func addressOf(i int64) string {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}).String()
}

// BenchmarkAccount measures durable records: a Start each of sessions that are new, then Interim-Updates of sessions that are known.
func BenchmarkAccount(b *testing.B) {
	for _, s := range []radius.Status{radius.Start, radius.InterimUpdate} {
		b.Run(s.String(), func(b *testing.B) {
			benchEach(b, func(b *testing.B, w *world) {
				var count atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						i := count.Add(1)
						if s == radius.InterimUpdate {
							i %= sessions
						}
						r := w.record(alice, strconv.FormatInt(i, 10), addressOf(i), status(s))
						if err := w.Account(b.Context(), r); err != nil {
							b.Error(err)
						}
					}
				})
			})
		})
	}
}

// BenchmarkLocate measures look-ups of random sessions.
func BenchmarkLocate(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		var known sync.WaitGroup
		for i := range int64(sessions) {
			known.Go(func() { w.send(w.record(alice, strconv.FormatInt(i, 10), addressOf(i))) })
		}
		known.Wait()
		if err := w.db.InTx(b.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(b.Context(), "analyze") // as the store does by itself in time
			return err
		}); err != nil {
			b.Fatal(err)
		}
		var count atomic.Int64
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := w.Locate(b.Context(), from(addressOf(count.Add(7919)%sessions))); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
