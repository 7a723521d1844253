//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
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
			if after := k.contract(); !reflect.DeepEqual(before, after) {
				t.Errorf("another world came back:\n%v\n%v", before, after)
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
		case <-time.After(30 * time.Second):
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
	if redeemed == nil || code == nil || k.history.present(redeemed, &got) != accepted {
		k.t.Fatalf("no login before the load: %v", k.history.faults)
	}
	return code, k.history.token(k.camara, got.AccessToken, who.Number)
}

// remembers presents every ticket of the round once more, the tokens first since a code that comes back revokes its token.
func (k *killing) remembers(tickets []*ticket, held ...*ticket) {
	h := k.history
	for _, t := range held {
		if h.present(t, nil) != accepted {
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

// contract is sandbox.json without the one address that may move.
func (k *killing) contract() map[string]any {
	text, err := os.ReadFile(filepath.Join(k.s.dir, "sandbox.json"))
	if err != nil {
		k.t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		k.t.Fatal(err)
	}
	delete(c["radius"].(map[string]any), "accounting")
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

// phones are the HTTP clients of subscribers, one for each address.
type phones struct {
	mu   sync.Mutex
	byIP map[string]*http.Client
}

func (p *phones) of(ip string) *http.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byIP == nil {
		p.byIP = map[string]*http.Client{}
	}
	if p.byIP[ip] == nil {
		p.byIP[ip] = phone(ip)
	}
	return p.byIP[ip]
}

// forget closes the connections of all phones.
func (p *phones) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.byIP {
		c.CloseIdleConnections()
	}
}

// parallel calls do for every item, some at once.
func parallel[T any](items []T, do func(T)) {
	var wg sync.WaitGroup
	turns := make(chan struct{}, 32)
	for _, item := range items {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			do(item)
		})
	}
	wg.Wait()
}

const importLines = 4000

// writeImport writes a file of numbers for simtrust number import.
func writeImport(t *testing.T) string {
	var b strings.Builder
	b.WriteString("seq,event,number,effective,holder,iccid,imsi\n")
	for i := range importLines {
		fmt.Fprintf(&b, "%d,assign,+86137%08d,2024-05-06T07:08:09Z,imported-%d,898600%014d,46001%010d\n", i+1, i, i, i, i)
	}
	path := filepath.Join(t.TempDir(), "numbers.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (k *killing) importCSV() (string, error) {
	return k.s.run(k.t, "number", "import", "--quiet", "--source", "billing", k.csv)
}

// tryImport runs the import beside the load. It may be cut short by the server's death and must then say what to do.
func (k *killing) tryImport(h *history) {
	out, err := k.importCSV()
	switch {
	case err == nil:
	case !h.dying.Load():
		h.fault("import: %v: %s", err, out)
	case !strings.Contains(out, "run the same command again"):
		h.fault("an interrupted import said: %s", out)
	}
}

// finishImport does what the command said: again, until nothing is left to apply.
func (k *killing) finishImport() {
	var applied, known int
	for range 2 {
		out, err := k.importCSV()
		if _, scan := fmt.Sscanf(out, "4000 lines: %d applied, %d known already, 0 rejected", &applied, &known); err != nil || scan != nil {
			k.t.Fatalf("import: %v: %s", err, out)
		}
	}
	if applied != 0 || known != importLines {
		k.t.Errorf("imported again: %d applied, %d known", applied, known)
	}
}
