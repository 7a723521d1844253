package bip_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"simtrust/simshield/bip/session"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

func TestSession(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c := n.card(1, gateway.WayPolling)
		if p := n.packet(c.first()); p != nil {
			t.Fatal("there is a packet, and nobody asked anything")
		}
		n.ask(c, "a")
		n.clock.pass(time.Millisecond)
		n.ask(c, "b")
		a := n.said("?wait=1", c.first())
		if a.status != http.StatusOK || a.header.Get("X-Admin-Protocol") != session.Protocol || a.header.Get("Content-Type") != session.CommandType ||
			a.header.Get("X-Admin-Next-URI") != "/simshield/v1/ota/session?wait=1" || a.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", a.status, a.header)
		}
		command := c.open(t, a.body)
		if string(command.Data) != "ask a" || command.Counter != 1 {
			t.Errorf("%+v", command)
		}
		if p := n.packet(c.brings(c.response(t, command, ota.ResponseBySubmit, ""))); p != nil {
			t.Error("the next packet came at once, which Drain has not sent yet")
		}
		must(t, n.gateway.Drain(t.Context()))
		next := n.packet(c.brings(c.response(t, command, ota.OK, "yes")))
		if next == nil {
			t.Fatal("the answer to a response is not the next packet")
		}
		end := n.said("", c.brings(c.response(t, c.open(t, next), ota.OK, "no")))
		if end.status != http.StatusNoContent || end.header.Get("X-Admin-Protocol") != session.Protocol || end.header.Get("X-Admin-Next-URI") != "" {
			t.Errorf("%d %v", end.status, end.header)
		}
		n.want("a=yes", "b=no")
	})
}

// held starts a request that is held for a card, and returns what becomes of it.
func (n *node) held(c *card) <-chan answer {
	ch := make(chan answer, 1)
	go func() {
		a, err := n.post(n.t.Context(), "?wait=25", c.first())
		if err != nil {
			n.t.Error(err)
		}
		ch <- a
	}()
	return ch
}

func TestAHeldRequestIsWoken(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c := n.card(1, gateway.WayPolling)
		held := n.held(c)
		n.ask(c, "a")
		if a := <-held; a.status != http.StatusOK || string(c.open(t, a.body).Data) != "ask a" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestAHeldRequestIsWokenByAnotherNode(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c, other := n.card(1, gateway.WayPolling), newNode(t, n.db, n.clock, 6000)
		held := other.held(c)
		n.ask(c, "a")
		for {
			select {
			case a := <-held:
				if a.status != http.StatusOK || string(c.open(t, a.body).Data) != "ask a" {
					t.Errorf("%d %s", a.status, a.body)
				}
				return
			default:
				must(t, other.Sweep(t.Context()))
			}
		}
	})
}

func TestHeldRequestsAreAnsweredWhenTheServerStops(t *testing.T) {
	n := only(t)
	held := n.held(n.card(1, gateway.WayPolling))
	n.Close()
	if a := <-held; a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := only(t).Run(ctx); err != nil {
		t.Error(err)
	}
}

func TestASessionThatIsCut(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c := n.card(1, gateway.WayPolling)
		n.ask(c, "a")
		before := n.packet(c.first()) // lost on its way
		again := n.packet(session.Request{ICCID: c.iccid, Resume: true})
		if !bytes.Equal(before, again) {
			t.Fatal("the packet is another the second time")
		}
		answer := c.brings(c.response(t, c.open(t, again), ota.OK, "yes"))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, _ = n.post(gone, "", answer) // whatever came of it, the card does not know
		answer.Resume = true
		for range 3 {
			if p := n.packet(answer); p != nil {
				t.Error("a packet comes that was answered")
			}
		}
		n.want("a=yes")
	})
}

func TestTheStoreIsAway(t *testing.T) {
	n := only(t)
	c := n.card(1, gateway.WayPolling)
	n.ask(c, "a")
	answer := c.brings(c.response(t, c.open(t, n.packet(c.first())), ota.OK, "yes"))
	n.asker.breaks(errors.New("the store is away"))
	if a := n.said("", answer); a.status != http.StatusInternalServerError || bytes.Contains(a.body, []byte("store")) {
		t.Errorf("%d %s", a.status, a.body)
	}
	n.asker.breaks(nil)
	if p := n.packet(answer); p != nil {
		t.Error("the packet came again")
	}
	n.want("a=yes")
}

func TestTwoRequestsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c := n.card(1, gateway.WayPolling)
		one, other := n.held(c), n.held(c)
		n.ask(c, "a")
		first, second := <-one, <-other
		if first.status != http.StatusOK || second.status != http.StatusOK || !bytes.Equal(first.body, second.body) {
			t.Fatalf("%d and %d", first.status, second.status)
		}
		answer := c.brings(c.response(t, c.open(t, first.body), ota.OK, "yes"))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { n.said("", answer) })
		}
		group.Wait()
		n.want("a=yes")
	})
}

// TestAPacketThatWasHadAlready: a card that lost its answer with its phone says that the counter is low, and has the packet again with a
// higher one.
func TestAPacketThatWasHadAlready(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		c := n.card(1, gateway.WayPolling)
		n.ask(c, "a")
		packet := n.packet(c.first())
		c.open(t, packet)
		command, status := c.keys.OpenCommand(nil, packet, ota.Gate{Last: c.last})
		if status != ota.CounterLow {
			t.Fatal(status)
		}
		n.packet(c.brings(c.response(t, command, status, "")))
		must(t, n.gateway.Drain(t.Context()))
		n.packet(c.brings(c.response(t, c.open(t, n.packet(c.first())), ota.OK, "yes")))
		n.want("a=yes")
	})
}
