package messaging_test

import (
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
)

// BenchmarkSend is a message to one recipient, accepted: rendered for all channels, durable with its delivery.
func BenchmarkSend(b *testing.B) {
	ring, err := keys.Open(b.Context(), b.TempDir(), keys.Options{Secret: filepath.Join(b.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		b.Fatal(err)
	}
	sqldbtest.EachBench(b, []sqldb.Migrations{dispatch.Migrations(), events.Migrations(), messaging.Migrations()}, func(b *testing.B, db *sqldb.DB) {
		p := &people{errs: map[simtrust.TenureID]error{}}
		quiet := slog.New(slog.DiscardHandler)
		d := dispatch.New(dispatch.Deps{DB: db, Log: quiet, Now: time.Now}, dispatch.Config{})
		d.Carry("memory", &bearer{rcs: true}, "rcs", "enhanced", "card-sms", "sms")
		b.Cleanup(d.Close)
		s := messaging.New(messaging.Deps{DB: db, Senders: &senders{left: 1 << 60}, Recipients: p, Holders: p, Distribution: d,
			Events: events.New(events.Deps{DB: db, Signer: ring, Now: time.Now}, events.Config{}), Log: quiet, Now: time.Now},
			messaging.Config{Issuer: issuer, Key: make([]byte, 32)})
		b.Cleanup(s.Close)
		for name, steps := range map[string][]messaging.Step{"rich": {{Channel: gsma.RCS}}, "all channels": nil} {
			b.Run(name, func(b *testing.B) {
				var n atomic.Int64
				b.SetParallelism(64)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						r := request(int(n.Add(1) % 1000))
						r.Steps = steps
						if _, err := s.Send(b.Context(), r); err != nil {
							b.Error(err)
							return
						}
					}
				})
			})
		}
	})
}
