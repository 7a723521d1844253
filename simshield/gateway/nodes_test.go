package gateway_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
)

// air counts the messages on their way to each card.
type air struct {
	mu       sync.Mutex
	flying   map[string]int
	together atomic.Int64 // how often two were on their way to one card
}

func (a *air) change(imsi string, by int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.flying[imsi] += by; a.flying[imsi] > 1 {
		a.together.Add(1)
	}
}

// TestTwoNodesNeverUseACounterTwiceNorSendTwoPacketsToACardAtOnce has two servers send to the same cards at once.
func TestTwoNodesNeverUseACounterTwiceNorSendTwoPacketsToACardAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const cards, packets = 12, 5
		first := newPlatform(t, db)
		second := node(t, db, first.net, first.clock)
		up := &air{flying: map[string]int{}}
		first.net.will(func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
			up.change(m.IMSI, 1)
			defer up.change(m.IMSI, -1)
			return brings(ctx, n, m)
		})
		all := make([]*simCard, cards)
		for i := range all {
			all[i] = newCard(t, i)
		}
		first.add(all...)
		var submitting sync.WaitGroup
		for i, card := range all {
			submitting.Go(func() {
				for k := range packets {
					[]*platform{first, second}[(i+k)%2].submit(card, fmt.Sprintf("%d/%d", i, k))
				}
			})
		}
		stopFirst, stopSecond := first.run(t), second.run(t)
		for range cards * packets {
			<-first.net.tried
		}
		submitting.Wait()
		stopFirst()
		stopSecond()
		if n := up.together.Load(); n != 0 {
			t.Errorf("%d times two messages were on their way to a card", n)
		}
		for i, card := range all {
			counters := first.sentCounters(card)
			if len(counters) != packets || !slices.IsSorted(counters) || len(slices.Compact(counters)) != packets {
				t.Errorf("card %d was sent counters %d", i, counters)
			}
			if len(card.accepted()) != packets {
				t.Errorf("card %d took %d packets", i, len(card.accepted()))
			}
			for range packets {
				[]*platform{first, second}[i%2].receive(card)
			}
		}
		a, _ := first.refs()
		b, _ := second.refs()
		if got := len(a) + len(b); got != cards*packets {
			t.Errorf("%d packets were answered", got)
		}
	})
}

// TestACardIsFreeThoughItsPacketWasLocked has another node hold a lock on a packet when its card has it: the card's next one is not held up.
func TestACardIsFreeThoughItsPacketWasLocked(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a", "b")
		var looking sync.WaitGroup
		look := sync.OnceFunc(func() {
			locked := make(chan struct{})
			looking.Go(func() { lockUntilMissed(t, db, locked) })
			<-locked
		})
		p.net.will(func(ctx context.Context, n *network, m gateway.Message) (gateway.Delivery, error) {
			if db.Dialect() == sqldb.PostgreSQL {
				look()
			}
			return brings(ctx, n, m)
		})
		p.drain()
		p.drain()
		if got := card.accepted(); len(got) != 2 {
			t.Errorf("the card has %q", got)
		}
		looking.Wait()
	})
}

// lockUntilMissed locks all packets until somebody waits for one.
func lockUntilMissed(t *testing.T, db *sqldb.DB, locked chan<- struct{}) {
	tell := sync.OnceFunc(func() { close(locked) })
	defer tell()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	err := db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(t.Context(), `select 1 from ota_packet for update`); err != nil {
			return err
		}
		var self int64
		if err := tx.QueryRow(t.Context(), `select pg_backend_pid()`).Scan(&self); err != nil {
			return err
		}
		tell()
		for waiting := 0; waiting == 0; <-poll.C {
			err := db.QueryRow(t.Context(), `select count(*) from pg_stat_activity where $1 = any(pg_blocking_pids(pid))`, self).Scan(&waiting)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWithdrawnWhileItIsTaken has withdrawal race sending: what is said to be unsent never left.
func TestWithdrawnWhileItIsTaken(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const cards = 24
		p := newPlatform(t, db)
		all := make([]*simCard, cards)
		for i := range all {
			all[i] = newCard(t, i)
		}
		p.add(all...)
		for i, card := range all {
			p.submit(card, fmt.Sprint(i))
		}
		unsent := make([]bool, cards)
		var group sync.WaitGroup
		group.Go(p.drain)
		for i := range all {
			group.Go(func() { unsent[i] = len(p.withdraw(fmt.Sprint(i))) == 1 })
		}
		group.Wait()
		p.drain()
		for i, card := range all {
			if left := len(card.accepted()) == 1; left == unsent[i] {
				t.Errorf("packet %d: left %v, said to be unsent %v", i, left, unsent[i])
			}
		}
	})
}

// TestOneEndWhateverRaces has an answer, expiry and withdrawal meet.
func TestOneEndWhateverRaces(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for i := range 10 {
			p, card := askedOf(t, db, i)
			answer := p.net.answer(t, card)
			p.clock.pass(retry * 5)
			var group sync.WaitGroup
			group.Go(p.drain)
			group.Go(func() { p.withdraw("a") })
			group.Go(func() {
				if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
					t.Error(err)
				}
			})
			group.Wait()
			told := map[gateway.Cause]int{gateway.Answered: 1, gateway.Expired: 1, gateway.Withdrawn: 0}
			answered, ended := p.refs()
			if want, ok := told[p.cause(card)]; !ok || len(answered)+len(ended) != want {
				t.Errorf("it ended by %q; answered %q and ended %q", p.cause(card), answered, ended)
			}
		}
	})
}

// cause is how the one packet of a card ended, by the store.
func (p *platform) cause(c *simCard) (cause gateway.Cause) {
	p.t.Helper()
	if err := p.db.QueryRow(p.t.Context(), `select cause from ota_packet where iccid = $1`, c.personal.ICCID).Scan(&cause); err != nil {
		p.t.Fatal(err)
	}
	return cause
}
