//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	killRounds  = 4
	killWorkers = 64
	killAfter   = 300                    // answered logins, at least
	killWithin  = 700 * time.Millisecond // more, at random
)

// TestKill kills the server under load, again and again on the same data. Over the whole history no code or token is accepted
// twice, nothing that was acknowledged is lost, and the world is the same one.
func TestKill(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, append(args, "--subscribers", "500")...)
		k := newKilling(t, s)
		before := k.contract()
		for range killRounds {
			k.round()
			for key, value := range k.contract() {
				if !reflect.DeepEqual(before[key], value) {
					t.Errorf("another world came back: %s was\n%.500v\nand is\n%.500v", key, before[key], value)
				}
			}
			k.history.report(t)
			if t.Failed() {
				return
			}
		}
		k.finishImport()
		t.Logf("verdicts %v; %d tickets, %d sessions, %d feed batches", k.history.counts, len(k.history.tickets), len(k.sessions.list), k.feed.acknowledged)
	})
}

// killing is the load on one sandbox and everything that the server has acknowledged.
type killing struct {
	t        *testing.T
	s        *sandbox
	camara   app
	phones   *phones
	history  *history
	sessions *sessions
	feed     *feed
	csv      string
}

func newKilling(t *testing.T, s *sandbox) *killing {
	k := &killing{t: t, s: s, camara: s.app("camara"), phones: &phones{}, history: &history{}, sessions: &sessions{}, feed: &feed{}}
	k.csv = writeImport(t)
	return k
}

// round loads the server, kills it, starts it again and looks whether it remembers.
func (k *killing) round() {
	t, h := k.t, k.history
	first := len(h.tickets)
	heldCode, heldToken := k.hold()
	dead, cancel := context.WithCancel(t.Context())
	defer cancel()
	answered := make(chan struct{}, 1<<16)
	var load sync.WaitGroup
	for w := range killWorkers {
		load.Go(func() { k.work(dead, w, answered) })
	}
	for g := range gateways {
		load.Go(func() { k.sessions.announce(dead, k.s.world, g, h) })
	}
	load.Go(func() { k.feed.send(dead, k.s.app("service"), k.s.AdminToken, h) })
	load.Go(func() { k.tryImport(h) })

	for range killAfter {
		select {
		case <-answered:
		case <-time.After(time.Minute):
			t.Fatalf("the server is stuck:\n%s", k.s.out)
		}
	}
	<-time.After(rand.N(killWithin))
	h.dying.Store(true)
	k.s.kill()
	cancel()
	load.Wait()
	k.phones.forget()
	k.camara.http.CloseIdleConnections()
	k.s.start(t)
	h.dying.Store(false)
	k.remembers(h.since(first), heldCode, heldToken)
}

// work logs in until the server is gone.
func (k *killing) work(dead context.Context, worker int, answered chan<- struct{}) {
	for turn := 0; dead.Err() == nil; turn++ {
		who := k.s.Subscribers[(worker+turn*killWorkers)%len(k.s.Subscribers)]
		if !k.history.login(k.camara, k.phones.of(who.IP), who.Number, turn, true) {
			return
		}
		select {
		case answered <- struct{}{}:
		default:
		}
	}
}

// hold takes a code and a token that nobody uses before the server dies.
func (k *killing) hold() (code, token *ticket) {
	who := k.s.Subscribers[0]
	redeemed, _ := k.history.code(k.camara, k.phones.of(who.IP), who.Number)
	code, _ = k.history.code(k.camara, k.phones.of(who.IP), who.Number)
	var got answer
	if redeemed == nil || code == nil || k.history.settle(redeemed, &got) != accepted {
		k.t.Fatalf("no login before the load: %v", k.history.faults)
	}
	return code, k.history.token(k.camara, got.AccessToken, who.Number)
}

// remembers presents every ticket of the round once more, the tokens first since a code that comes back revokes its token.
func (k *killing) remembers(tickets []*ticket, held ...*ticket) {
	h := k.history
	for _, t := range held {
		if h.settle(t, nil) != accepted {
			h.fault("an unused %s died with the server", t.name)
		}
	}
	for _, name := range []string{"token", "code"} {
		parallel(tickets, func(t *ticket) {
			if t.name == name {
				h.present(t, nil)
			}
		})
	}
	if n := h.count(unknown); n > 0 {
		k.t.Logf("%d outcomes were reported as unknown", n)
	}
	k.sessions.check(k.camara, k.phones, h)
	k.feed.check(k.s.app("service"), k.s.AdminToken, h)
}

// contract is sandbox.json without the addresses that may move.
func (k *killing) contract() map[string]any {
	text, err := os.ReadFile(filepath.Join(k.s.dir, "sandbox.json"))
	if err != nil {
		k.t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		k.t.Fatal(err)
	}
	for _, moves := range [][2]string{{"radius", "accounting"}, {"smpp", "address"}} { // to a free port where theirs is taken
		delete(c[moves[0]].(map[string]any), moves[1])
	}
	return c
}

// report fails the test with what was wrong.
func (h *history) report(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.faults) > 0 {
		t.Errorf("verdicts %v; faults:\n%s", h.counts, strings.Join(h.faults, "\n"))
	}
}
