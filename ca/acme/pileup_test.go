package acme_test

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"
)

// TestChallengesThatHangDoNotPileUp has more names that never answer than there are places to look from, and gives the server all the
// time to take them up again and again: what waits, waits in the store.
func TestChallengesThatHangDoNotPileUp(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.config.TLSALPN01Port = silent.Addr().(*net.TCPAddr).Port
	w.config.Validation = time.Hour // nobody gives its place up, however slow the machine
	w.restart()
	asked := make(chan net.Conn, 200)
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				close(asked)
				return
			}
			asked <- conn
		}
	}()
	var list []string
	for i := range 90 {
		list = append(list, fmt.Sprintf("n%d.example.com", i))
	}
	o := f.order(list...)
	for _, url := range o.Authorizations {
		f.post(f.authorization(url).challenge(t, "tls-alpn-01").URL, "{}")
	}
	var held []net.Conn
	for range 64 {
		held = append(held, <-asked)
	}
	before := runtime.NumGoroutine()
	for range 20 {
		w.clock.advance(time.Minute)
		w.Work(t.Context())
	}
	if after := runtime.NumGoroutine(); after > before+2*64 { // a handshake takes two
		t.Errorf("%d goroutines became %d", before, after)
	}
	select {
	case conn := <-asked:
		_ = conn.Close()
		t.Error("another challenge is looked at though all places are taken")
	default:
	}
	_ = silent.Close()
	for _, conn := range held {
		_ = conn.Close()
	}
	for conn := range asked {
		_ = conn.Close()
	}
	w.until("what waited is looked at", func() bool {
		w.Work(t.Context())
		return f.show(o).Status == "invalid"
	})
}

// TestOneExternalAccountDoesNotTakeAllPlaces begins challenges that nobody answers, more than an external account may, and one for
// another.
func TestOneExternalAccountDoesNotTakeAllPlaces(t *testing.T) {
	w := embedded(t)
	w.config.Waiting = 3
	w.restart()
	greedy, other := w.register(newKey(t), w.external()), w.register(newKey(t), w.external())
	w.dns.stop()
	try := func(f *forger, name string) answer {
		t.Helper()
		return f.post(f.authorization(f.order(name).Authorizations[0]).challenge(t, "dns-01").URL, "{}")
	}
	for i := range 3 {
		if a := try(greedy, fmt.Sprintf("n%d.example.com", i)); a.StatusCode != http.StatusOK {
			t.Errorf("%d: %d %s", i, a.StatusCode, a.text)
		}
	}
	if a := try(greedy, "n3.example.com"); a.kind() != "rateLimited" {
		t.Errorf("one too many: %d %s", a.StatusCode, a.text)
	}
	if a := try(other, "a.example.com"); a.StatusCode != http.StatusOK {
		t.Errorf("another's: %d %s", a.StatusCode, a.text)
	}
}
