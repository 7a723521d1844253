//go:build e2e

package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestKillDuringStart kills the sandbox while it makes its world, again and again. What comes up in the end is one whole world.
func TestKillDuringStart(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := &sandbox{dir: t.TempDir(), args: args}
		for range 10 {
			s.launch(t)
			<-time.After(rand.N(400 * time.Millisecond))
			s.kill()
		}
		s.start(t)
		t.Cleanup(func() { s.stop(t) })
		if len(s.Subscribers) != 24 || len(s.Clients) != 4 {
			t.Fatalf("%d subscribers, %d clients", len(s.Subscribers), len(s.Clients))
		}
		h, camara, from := &history{}, s.app("camara"), &phones{}
		parallel(s.Subscribers, func(who subscriber) {
			if who.Tenure == "" || !h.login(camara, from.of(who.IP), who.Number, 0, false) {
				h.fault("%+v cannot log in", who)
			}
		})
		h.report(t)
		for _, name := range []string{"bank", "shop", "rail"} {
			if got := s.enterprise(t, name).send(t, s.Subscribers[1], "service", alert("您好")); got.Recipients[0].Delivery == "" {
				t.Errorf("%s cannot write to a subscriber: %+v", name, got)
			}
		}
		s.inbox(t, s.Subscribers[1], 3)
	})
}

// operations are what an operator does to a number that somebody holds.
var operations = []string{"new-sim", "transfer", "new-device", "attach", "change-number", "add-sim", "port-out", "port-in", "suspend", "resume"}

// TestKillDuringOperation kills the sandbox while its operator is at work. Whatever it was doing is done or not begun when it comes
// up again: what it says of a number is what the server knows of it.
func TestKillDuringOperation(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) { killOperator(t, startSandbox(t, args...)) })
}

func killOperator(t *testing.T, s *sandbox) {
	for range 6 {
		dead := make(chan struct{})
		var work sync.WaitGroup
		for i, who := range s.Subscribers[:16] {
			work.Go(func() { s.operate(who.Number, i, dead) })
		}
		<-time.After(300*time.Millisecond + rand.N(300*time.Millisecond))
		close(dead)
		s.kill()
		work.Wait()
		s.start(t)
		for _, who := range s.Subscribers {
			s.agrees(t, who)
		}
		if t.Failed() {
			return
		}
	}
}

// operate does one thing after the other to a number until the server is gone.
func (s *sandbox) operate(number string, turn int, dead <-chan struct{}) {
	for {
		action := operations[turn%len(operations)]
		turn += 7
		res, err := http.Post(s.Operator+"/numbers/"+number+"/"+action, "application/json", nil)
		if err != nil {
			return
		}
		_ = res.Body.Close()
		select {
		case <-dead:
			return
		default:
		}
	}
}

// agrees compares what the world says of a number with the server's record.
func (s *sandbox) agrees(t *testing.T, who subscriber) {
	t.Helper()
	var shown struct {
		Tenures []struct {
			Tenure string `json:"tenure"`
			Closed string `json:"closed"`
			SIMs   []struct {
				IMSI    string `json:"imsi"`
				Primary bool   `json:"primary"`
				Until   string `json:"until"`
			} `json:"sims"`
		} `json:"tenures"`
	}
	if v, err := s.app("service").admin("/renumber/v1/show", s.AdminToken, map[string]string{"number": who.Number}, &shown); v != accepted {
		t.Fatalf("show: %s %v", v, err)
	}
	last := shown.Tenures[len(shown.Tenures)-1]
	var world struct {
		subscriber
		Assigned bool `json:"assigned"`
	}
	_, text := get(t, http.DefaultClient, s.Operator+"/numbers/"+who.Number)
	if err := json.Unmarshal([]byte(text), &world); err != nil {
		t.Fatal(err)
	}
	if (last.Closed == "") != world.Assigned {
		t.Errorf("%s: the world says assigned %v, the server closed %q", who.Number, world.Assigned, last.Closed)
	}
	if !world.Assigned {
		return
	}
	imsi := ""
	for _, sim := range last.SIMs {
		if sim.Primary && sim.Until == "" {
			imsi = sim.IMSI
		}
	}
	if last.Tenure != world.Tenure || imsi != world.IMSI {
		t.Errorf("%s: the world says %s %s, the server %s %s", who.Number, world.Tenure, world.IMSI, last.Tenure, imsi)
	}
}
