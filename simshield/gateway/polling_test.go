package gateway_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// polled is a platform with a card that polls. What it is told by the bearer of such cards is in asks; the network is not to hear of it.
func polled(t *testing.T, db *sqldb.DB, further ...*simCard) (p *platform, card *simCard, asks *network) {
	t.Helper()
	card, asks = newCard(t, 1), newNetwork()
	card.personal.Way = gateway.WayPolling
	asks.will(says(gateway.Accepted))
	net, c := newNetwork(), &clock{t: epoch}
	p = over(t, db, gateway.Bearers{SMS: net, Polling: asks}, c, slog.New(slog.DiscardHandler))
	p.net = net
	p.add(append(further, card)...)
	return p, card, asks
}

// waiting is the packet that a card would be handed now; nil: none.
func (p *platform) waiting(c *simCard) []byte {
	p.t.Helper()
	packet, err := p.Waiting(p.t.Context(), c.personal.ICCID)
	if err != nil {
		p.t.Fatal(err)
	}
	if flying, err := p.Flying(p.t.Context()); err != nil || slices.Contains(flying, c.personal.ICCID) != (packet != nil) {
		p.t.Fatalf("a packet of %d octets waits, and flying are %d cards, %v", len(packet), len(flying), err)
	}
	return packet
}

// takes has the card take the packet that waits for it.
func (p *platform) takes(c *simCard) {
	p.t.Helper()
	packet := p.waiting(c)
	if packet == nil {
		p.t.Fatal("nothing waits for the card")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, _, err := c.open(packet, centre, nil); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) answers(c *simCard, packet []byte) {
	p.t.Helper()
	if err := p.Answer(p.t.Context(), c.personal.ICCID, packet); err != nil {
		p.t.Fatal(err)
	}
}

func TestACardThatPolls(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, asks := polled(t, db)
		p.submit(card, "a")
		if p.waiting(card) != nil {
			t.Error("a packet waits whose counter is not used up yet")
		}
		p.drain()
		if m := asks.messages(); len(m) != 1 || m[0].ICCID != card.personal.ICCID || len(p.net.messages()) != 0 {
			t.Errorf("%+v went there, %d to the short message gateway", m, len(p.net.messages()))
		}
		if p.counter(card) != 1 || !bytes.Equal(p.waiting(card), p.waiting(card)) {
			t.Error("the packet is another the second time")
		}
		p.takes(card)
		p.answers(card, card.response(t, ota.ResponseBySubmit, nil))
		if p.waiting(card) != nil {
			t.Error("the card says that it has the packet, and is handed it again")
		}
		p.answers(card, card.response(t, ota.OK, nil))
		p.want([]string{"a"}, nil)
		if r := p.asker.replies[0]; string(r.Data) != "done" || r.Counter != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestNothingWaits(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		other := newCard(t, 2)
		p, card, _ := polled(t, db, other)
		p.submit(other, "by short message")
		p.submit(card, "a")
		p.net.will(says(gateway.Accepted))
		p.drain()
		if p.waiting(other) != nil || p.waiting(newCard(t, 3)) != nil {
			t.Error("a packet waits for a card that is reached by short message, or is not known")
		}
		p.withdraw("a")
		if p.waiting(card) != nil {
			t.Error("a packet waits that was withdrawn")
		}
		p.submit(card, "b")
		p.drain()
		p.clock.pass(2 * time.Minute)
		if p.waiting(card) != nil {
			t.Error("a packet waits that has expired")
		}
	})
}

func TestOnePacketWaits(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, _ := polled(t, db)
		p.submit(card, "a", "b")
		p.drain()
		first := p.waiting(card)
		p.drain()
		if !bytes.Equal(first, p.waiting(card)) || p.counter(card) != 1 {
			t.Error("a second packet is on its way before the first is answered")
		}
	})
}

func TestACardThatDoesNotCome(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, _ := polled(t, db)
		p.submit(card, "a")
		p.drain()
		p.clock.pass(retry - 1)
		p.drain()
		p.want(nil, nil)
		p.clock.pass(1)
		p.drain()
		p.want(nil, []string{"a absent"})
		if p.waiting(card) != nil || p.counter(card) != 1 {
			t.Error("the packet goes on")
		}
	})
}

// TestNobodyToAsk: a card is not absent because every server was dead when it would have come for its packet.
func TestNobodyToAsk(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, _ := polled(t, db)
		p.submit(card, "a")
		p.drain()
		packet := p.waiting(card)
		p.clock.pass(retry)
		p = node(t, db, p.net, p.clock)
		p.drain()
		p.clock.pass(retry - 1)
		p.drain()
		p.want(nil, nil)
		if !bytes.Equal(packet, p.waiting(card)) || p.counter(card) != 1 {
			t.Error("the packet that was on its way at the kill is another")
		}
		p.takes(card)
		p.answers(card, card.response(t, ota.OK, nil))
		p.want([]string{"a"}, nil)
	})
}

// TestAbsentAfterAKill: a card that does not come to the new server either is absent, and what expires meanwhile has expired.
func TestAbsentAfterAKill(t *testing.T) {
	for pass, want := range map[time.Duration]string{retry: "a absent", 2*time.Minute - time.Second: "a expired"} {
		each(t, func(t *testing.T, db *sqldb.DB) {
			p, card, _ := polled(t, db)
			p.submit(card, "a")
			p.drain()
			p.clock.pass(pass)
			p = node(t, db, p.net, p.clock)
			p.drain()
			p.want(nil, nil)
			p.clock.pass(min(retry, 2*time.Minute-pass))
			p.drain()
			p.want(nil, []string{want})
		})
	}
}

func TestACardThatCameOnceIsNotAbsent(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, _ := polled(t, db)
		p.submit(card, "a")
		p.drain()
		first := p.waiting(card)
		p.takes(card)
		p.answers(card, card.response(t, ota.ResponseBySubmit, nil))
		p.clock.pass(retry)
		p.drain()
		if again := p.waiting(card); bytes.Equal(first, again) || p.counter(card) != 2 {
			t.Error("what was not answered is repeated with the same counter")
		}
		p.clock.pass(retry)
		p.drain()
		p.want(nil, nil)
		p.clock.pass(time.Minute)
		p.drain()
		p.want(nil, []string{"a expired"})
	})
}

func TestAPacketThatTheCardHasHad(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card, _ := polled(t, db)
		card.last = 7 // the database is older than the card
		p.submit(card, "a")
		p.drain()
		packet := p.waiting(card)
		command, status := card.keys.OpenCommand(nil, packet, ota.Gate{Last: card.last})
		if status != ota.CounterLow {
			t.Fatal(status)
		}
		low, err := card.keys.AppendResponse(nil, command, status, nil)
		if err != nil {
			t.Fatal(err)
		}
		p.answers(card, low)
		p.drain()
		p.takes(card)
		p.answers(card, card.response(t, ota.OK, nil))
		p.want([]string{"a"}, nil)
	})
}

func TestAnotherBearer(t *testing.T) {
	p, card, asks := polled(t, only(t))
	p.submit(card, "a")
	p.drain()
	if err := p.SetWay(t.Context(), card.personal.ICCID, gateway.WaySMS); err != nil {
		t.Fatal(err)
	}
	if p.waiting(card) != nil {
		t.Error("a packet waits for a card that is reached by short message now")
	}
	p.clock.pass(retry)
	p.drain()
	p.receive(card)
	p.want([]string{"a"}, nil)
	if len(asks.messages()) != 1 {
		t.Error("the packet was not repeated the new way")
	}
}

func TestAttackAnswersOfCardsThatPoll(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		foreign := newCard(t, 2)
		foreign.personal.Way = gateway.WayPolling
		p, card, _ := polled(t, db, foreign)
		p.submit(card, "a")
		p.submit(foreign, "other")
		p.drain()
		p.takes(card)
		p.takes(foreign)
		good := card.response(t, ota.OK, nil)
		mine := card.personal.ICCID
		for what, c := range map[string]struct {
			iccid  string
			packet []byte
			reason string
		}{
			"another card's":          {mine, foreign.response(t, ota.OK, nil), gateway.ReasonUnauthentic},
			"as another card's":       {foreign.personal.ICCID, good, gateway.ReasonUnauthentic},
			"as an unknown card's":    {"8986000000000000000", good, gateway.ReasonUnauthentic},
			"to another counter":      {mine, card.response(t, ota.OK, func(c *ota.Command) { c.Counter++ }), gateway.ReasonUnauthentic},
			"to another application":  {mine, card.response(t, ota.OK, func(c *ota.Command) { c.TAR = other }), gateway.ReasonUnauthentic},
			"a bit of it changed":     {mine, flip(good, len(good)-1), gateway.ReasonUnauthentic},
			"another status in clear": {mine, ota.AppendRefusal(nil, bank, ota.OK), gateway.ReasonUnauthentic},
			"the command itself":      {mine, p.waiting(card), gateway.ReasonMessage},
			"cut short":               {mine, good[:len(good)-1], gateway.ReasonMessage},
			"run on":                  {mine, append(bytes.Clone(good), 0), gateway.ReasonMessage},
			"nothing":                 {mine, nil, gateway.ReasonMessage},
			"nothing, unknown card":   {"8986000000000000000", nil, gateway.ReasonMessage},
		} {
			before := p.waiting(card)
			if err := p.Answer(t.Context(), c.iccid, c.packet); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", what, err)
			}
			if !bytes.Equal(before, p.waiting(card)) {
				t.Errorf("%s moved the packet", what)
			}
		}
		p.want(nil, nil)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if err := p.Answer(t.Context(), mine, good); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		p.want([]string{"a"}, nil)
	})
}

func flip(packet []byte, at int) []byte {
	out := bytes.Clone(packet)
	out[at] ^= 1
	return out
}

func TestAnAnswerThatCannotBeStoredIsBroughtAgain(t *testing.T) {
	p, card, _ := polled(t, only(t))
	p.submit(card, "a")
	p.drain()
	p.takes(card)
	good := card.response(t, ota.OK, nil)
	p.asker.breaks(errors.New("the store is away"))
	if err := p.Answer(t.Context(), card.personal.ICCID, good); err == nil {
		t.Error("an answer was lost")
	}
	p.asker.breaks(nil)
	p.answers(card, good)
	p.want([]string{"a"}, nil)
}

func TestBearersOfAFile(t *testing.T) {
	plain := strings.TrimSpace(line(t, newCard(t, 1).personal))
	for word, want := range map[string]gateway.Way{"": "", " sms": gateway.WaySMS, " polling": gateway.WayPolling} {
		for c, err := range gateway.ReadCards(strings.NewReader(header+plain+word), transport(t), false) {
			if err != nil || c.Way != want {
				t.Errorf("%q: %q, %v", word, c.Way, err)
			}
		}
	}
	for _, wrong := range []string{" post", " SMS", " sms polling"} {
		for c, err := range gateway.ReadCards(strings.NewReader(header+plain+wrong), transport(t), false) {
			if err == nil {
				t.Errorf("%q: %+v", wrong, c)
			}
		}
	}
}
