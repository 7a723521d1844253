//go:build unix

package smpp_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"simtrust/internal/smpp"
)

// BenchmarkSubmit is client and server in one process over loopback: each operation is a submit_sm and its response. Each connection
// has as many callers as its window has places.
func BenchmarkSubmit(b *testing.B) {
	for _, connections := range []int{1, 4} {
		for _, window := range []int{50, 500} {
			b.Run(fmt.Sprintf("connections=%d/window=%d", connections, window), func(b *testing.B) {
				benchmarkSubmit(b, connections, window)
			})
		}
	}
}

func benchmarkSubmit(b *testing.B, connections, window int) {
	address := serveBench(b, window)
	var left atomic.Int64
	left.Store(int64(b.N))
	var senders sync.WaitGroup
	sessions := make([]*smpp.Session, connections)
	for i := range sessions {
		sessions[i] = dialBench(b, address, window)
	}
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	for _, s := range sessions {
		for range window {
			senders.Go(func() {
				m := &smpp.SubmitSM{Message: message}
				for left.Add(-1) >= 0 {
					if _, err := s.Submit(b.Context(), m); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
	}
	senders.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "submits/s")
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func serveBench(b *testing.B, window int) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := smpp.NewServer(smpp.Accounts{"bank": "password"}, smpp.HandlerFunc(accept), smpp.ServerConfig{Link: smpp.Link{Window: window}})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, listener) }()
	b.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	return listener.Addr().String()
}

func dialBench(b *testing.B, address string, window int) *smpp.Session {
	s, err := smpp.Dial(b.Context(), nil, smpp.ClientConfig{
		Address: address, Bind: smpp.Bind{SystemID: "bank", Password: "password"}, Link: smpp.Link{Window: window},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	return s
}

func BenchmarkAppend(b *testing.B) {
	m := &smpp.SubmitSM{Message: message}
	var packet []byte
	b.ReportAllocs()
	for b.Loop() {
		packet, _ = smpp.Append(packet[:0], 1, smpp.StatusOK, m)
	}
}

func BenchmarkParse(b *testing.B) {
	packet, err := smpp.Append(nil, 1, smpp.StatusOK, &smpp.SubmitSM{Message: message})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := smpp.Parse(packet); err != nil {
			b.Fatal(err)
		}
	}
}
