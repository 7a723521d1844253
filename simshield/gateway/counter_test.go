package gateway_test

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"testing"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// sentCounters are the counters that left the server for a card, in order, read out of the packets themselves.
func (p *platform) sentCounters(c *simCard) (list []ota.Counter) {
	p.t.Helper()
	for _, m := range p.net.messages() {
		if m.IMSI != c.personal.IMSI {
			continue
		}
		_, u, err := ota.ReadDeliver(m.TPDUs[0])
		if err != nil {
			p.t.Fatal(err)
		}
		command, status := c.keys.OpenCommand(nil, u.Body, ota.Gate{})
		if status != ota.OK {
			p.t.Fatalf("what was sent opens with %v", status)
		}
		list = append(list, command.Counter)
	}
	return list
}

// dies is a server that is killed while it hands a message over: nothing after it happens.
func dies(context.Context, *network, gateway.Message) (gateway.Delivery, error) {
	runtime.Goexit()
	return gateway.Delivery{}, nil
}

// bringsThenDies is one that is killed when the card has the message.
func bringsThenDies(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
	_, _ = brings(ctx, n, m)
	return dies(ctx, n, m)
}

func TestCrashBetweenCounterAndSendingUsesNoCounterTwice(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(dies)
		p.submit(card, "a")
		p.drain()
		p.net.will(brings)
		restarted := node(t, db, p.net, p.clock)
		restarted.drain()
		if got := len(p.net.messages()); got != 1 {
			t.Fatalf("the restarted server sent at once what may be on its way: %d messages", got)
		}
		p.clock.pass(retry)
		restarted.drain()
		restarted.receive(card)
		restarted.want([]string{"a"}, nil)
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1, 2}) {
			t.Errorf("sent with counters %d", got)
		}
	})
}

func TestCrashAfterSendingAsksAgainAndCountsOneAnswer(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(bringsThenDies)
		p.submit(card, "a")
		p.drain()
		p.net.will(brings)
		restarted := node(t, db, p.net, p.clock)
		p.clock.pass(retry)
		restarted.drain()
		restarted.receive(card)
		restarted.receive(card)
		restarted.want([]string{"a"}, nil)
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1, 2}) {
			t.Errorf("sent with counters %d", got)
		}
	})
}

func TestABearerThatHangsHoldsOnlyItsOwnPacket(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card, second := newCard(t, 1), newCard(t, 2)
		p := newPlatform(t, db, card, second)
		release := make(chan struct{})
		p.net.will(func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
			if m.IMSI == card.personal.IMSI {
				<-release
			}
			return brings(ctx, n, m)
		})
		p.submit(card, "a", "b")
		p.submit(second, "c")
		var hanging sync.WaitGroup
		hanging.Go(p.drain)
		<-p.net.tried // that of the second card
		other := node(t, db, p.net, p.clock)
		other.drain()
		other.receive(second)
		other.want([]string{"c"}, nil)
		if got := len(p.net.messages()); got != 2 {
			t.Errorf("%d messages; the other node sent to the card that one is on its way to", got)
		}
		close(release)
		hanging.Wait()
	})
}

func TestANodeThatWasHeldUpSendsNothingLate(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		p.clock.step = 2 * retry / 3 // passes between taking the packet and sending it
		p.drain()
		if got := len(p.net.messages()); got != 0 {
			t.Fatalf("%d messages left when another node may have sent the packet", got)
		}
		p.clock.step = 0
		p.clock.pass(retry)
		p.drain()
		p.receive(card)
		p.want([]string{"a"}, nil)
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{2}) {
			t.Errorf("sent with counters %d", got)
		}
	})
}

func TestCountersGoOnAfterARestart(t *testing.T) {
	sqldbtest.EachURL(t, []sqldb.Migrations{gateway.Migrations()}, func(t *testing.T, url string) {
		card := newCard(t, 1)
		net, at := newNetwork(), &clock{t: epoch}
		for i, ref := range []string{"a", "b", "c"} {
			db, err := sqldb.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(ref, func(t *testing.T) {
				p := node(t, db, net, at)
				if i == 0 {
					p.add(card)
				}
				p.submit(card, ref)
				p.drain()
				p.receive(card)
				p.want([]string{ref}, nil)
				if got := p.sentCounters(card); p.counter(card) != ota.Counter(i+1) || len(got) != i+1 || got[i] != ota.Counter(i+1) {
					t.Errorf("after start %d counters %d were sent", i+1, got)
				}
			})
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestNearTheCeilingNothingIsSent(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.setCounter(card, ota.Ceiling-1)
		p.submit(card, "a")
		p.drain()
		p.receive(card)
		p.submit(card, "b")
		p.drain()
		p.want([]string{"a"}, []string{"b unsent"})
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{ota.Ceiling}) || p.counter(card) != ota.Ceiling {
			t.Errorf("sent with counters %d, last used %d", got, p.counter(card))
		}
		if _, err := p.RaiseCounters(t.Context(), ""); err != nil || p.counter(card) != ota.Ceiling {
			t.Errorf("raised to %d, %v", p.counter(card), err)
		}
	})
}

func TestStatus02JumpsNoFurtherThanTheCeiling(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		card.last = ota.Ceiling
		p := newPlatform(t, db, card)
		p.setCounter(card, ota.Ceiling-gap/2)
		p.submit(card, "a")
		p.drain()
		p.drain()
		p.want(nil, []string{"a unsent"})
		if p.counter(card) != ota.Ceiling {
			t.Errorf("the counter is %d", p.counter(card))
		}
	})
}

func TestARestoredBackupJumpsAhead(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card, unused := newCard(t, 1), newCard(t, 2)
		p := newPlatform(t, db, card, unused)
		p.submit(card, "a")
		p.drain()
		p.receive(card)
		card.last = 700 // what the card has seen since the backup was made
		raised, err := p.RaiseCounters(t.Context(), "")
		if err != nil || raised.Cards != 2 || p.counter(card) != 1+gap || p.counter(unused) != gap {
			t.Fatalf("%+v raised, to %d and %d, %v", raised, p.counter(card), p.counter(unused), err)
		}
		p.submit(card, "b")
		p.drain()
		p.receive(card)
		p.want([]string{"a", "b"}, nil)
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1, 1 + gap + 1}) {
			t.Errorf("sent with counters %d", got)
		}
	})
}
