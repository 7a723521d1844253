package radius_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"

	"simtrust/authn/radius"
	"simtrust/internal/radacct"
)

// BenchmarkListener measures records acknowledged over loopback with an accountant that does nothing; the NASes that send them
// run on the same cores.
func BenchmarkListener(b *testing.B) {
	for _, nases := range []int{1, 64} {
		b.Run(strconv.Itoa(nases)+" at a time", func(b *testing.B) {
			idle := accountant(func(context.Context, radius.Record) error { return nil })
			s, err := radius.Listen("127.0.0.1:0", []radius.NAS{gateway}, idle, radius.Options{})
			if err != nil {
				b.Fatal(err)
			}
			served := make(chan error, 1)
			go func() { served <- s.Serve(b.Context()) }()
			acknowledge(b, s, nases)
			if err := s.Close(); err != nil {
				b.Error(err)
			}
			if err := <-served; err != nil {
				b.Error(err)
			}
		})
	}
}

// acknowledge sends b.N records from as many clients as given, each with one under way.
func acknowledge(b *testing.B, s *radius.Server, clients int) {
	var next atomic.Int64
	failed := make(chan error, clients)
	b.ReportAllocs()
	b.ResetTimer()
	for range clients {
		go func() {
			client, err := radacct.Dial(loopback, s.Addr().String(), secret)
			for err == nil {
				i := next.Add(1)
				if i > int64(b.N) {
					err = client.Close()
					break
				}
				r := attach
				r.SessionID = strconv.FormatInt(i, 16)
				err = client.Send(b.Context(), r)
			}
			failed <- err
		}()
	}
	for range clients {
		if err := <-failed; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
