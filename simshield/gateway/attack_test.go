package gateway_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// submits is a packet as a card sends it.
func submits(t *testing.T, packet []byte) [][]byte {
	t.Helper()
	tpdus, err := ota.Submits(packet, centre, 1)
	if err != nil {
		t.Fatal(err)
	}
	return tpdus
}

// asked is a platform with a card that has accepted one packet, "a", with counter 1, whose answer is on its way.
func asked(t *testing.T, db *sqldb.DB) (*platform, *simCard) {
	t.Helper()
	return askedOf(t, db, 1)
}

func askedOf(t *testing.T, db *sqldb.DB, n int) (*platform, *simCard) {
	t.Helper()
	card := newCard(t, n)
	p := newPlatform(t, db, card)
	p.submit(card, "a")
	p.drain()
	return p, card
}

// response is a response packet of a card to its last command, changed as told.
func (c *simCard) response(t *testing.T, status ota.Status, change func(*ota.Command)) []byte {
	t.Helper()
	command := c.got[len(c.got)-1]
	if change != nil {
		change(&command)
	}
	packet, err := c.keys.AppendResponse(nil, command, status, []byte("done"))
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func (p *platform) refuses(what, imsi string, tpdus [][]byte, reasons ...string) {
	p.t.Helper()
	err := p.Receive(p.t.Context(), imsi, tpdus)
	if err == nil || !slices.Contains(reasons, simtrust.ReasonOf(err)) {
		p.t.Errorf("%s: %v, want one of %q", what, err, reasons)
	}
}

func TestAttackReplayedAnswer(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		answer := p.net.answer(t, card)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		p.want([]string{"a"}, nil)
		p.submit(card, "b")
		p.drain()
		if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
			t.Error(err)
		}
		p.want([]string{"a"}, nil)
		p.receive(card)
		p.want([]string{"a", "b"}, nil)
	})
}

func TestAttackReorderedAnswers(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		p.clock.pass(retry)
		p.drain() // "a" again, with counter 2
		p.submit(card, "b")
		p.drain() // counter 3
		first, second, third := p.net.answer(t, card), p.net.answer(t, card), p.net.answer(t, card)
		for _, answer := range [][][]byte{third, second, first} {
			if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
				t.Error(err)
			}
		}
		p.want([]string{"b", "a"}, nil)
		if got := []ota.Counter{p.asker.replies[0].Counter, p.asker.replies[1].Counter}; !slices.Equal(got, []ota.Counter{3, 2}) {
			t.Errorf("the answers are to counters %d", got)
		}
	})
}

func TestAttackReplayedFirstAnswerDoesNotFreeTheCard(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		first := submits(t, card.response(t, ota.ResponseBySubmit, nil))
		p.net.will(says(gateway.Accepted))
		p.clock.pass(retry)
		p.drain() // "a" again, with counter 2
		p.submit(card, "b")
		if err := p.Receive(t.Context(), card.personal.IMSI, first); err != nil {
			t.Error(err)
		}
		p.drain()
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1, 2}) {
			t.Errorf("counters %d left; the card was taken to be free", got)
		}
	})
}

func TestAttackForgedAnswer(t *testing.T) {
	p, card := asked(t, only(t))
	packet := card.response(t, ota.OK, nil)
	for i := range packet {
		for _, bit := range []byte{0x01, 0x80} {
			forged := slices.Clone(packet)
			forged[i] ^= bit
			p.refuses("a forged packet", card.personal.IMSI, submits(t, forged), gateway.ReasonUnauthentic, gateway.ReasonMessage)
		}
	}
	for n := range packet {
		p.refuses("a packet cut short", card.personal.IMSI, submits(t, packet[:n]), gateway.ReasonUnauthentic, gateway.ReasonMessage)
	}
	p.refuses("a packet run on", card.personal.IMSI, submits(t, append(slices.Clone(packet), 0)), gateway.ReasonUnauthentic, gateway.ReasonMessage)
	p.want(nil, nil)
	if p.asker.told != 0 {
		t.Errorf("the asker was told %d times", p.asker.told)
	}
}

func TestAttackForeignAnswer(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		mallory, unsold := newCard(t, 2), newCard(t, 3)
		p.add(mallory)
		p.submit(mallory, "m")
		p.drain()
		answer := p.net.answer(t, mallory)
		p.refuses("another card's answer", card.personal.IMSI, answer, gateway.ReasonUnauthentic)
		p.refuses("a card that is not known", unsold.personal.IMSI, answer, gateway.ReasonUnknownCard)
		p.refuses("no card", "", answer, gateway.ReasonUnknownCard)
		p.refuses("another application", card.personal.IMSI,
			submits(t, card.response(t, ota.OK, func(c *ota.Command) { c.TAR = other })), gateway.ReasonUnauthentic)
		for _, counter := range []ota.Counter{0, 2, 1001, ota.Ceiling, ota.Blocked} {
			p.refuses("another counter", card.personal.IMSI,
				submits(t, card.response(t, ota.OK, func(c *ota.Command) { c.Counter = counter })), gateway.ReasonUnauthentic)
		}
		p.refuses("the command for an answer", card.personal.IMSI, commandAsAnswer(t, p, card), gateway.ReasonUnauthentic, gateway.ReasonMessage)
		p.want(nil, nil)
	})
}

// commandAsAnswer is the packet that the server sent, turned round.
func commandAsAnswer(t *testing.T, p *platform, c *simCard) [][]byte {
	t.Helper()
	for _, m := range p.net.messages() {
		if m.IMSI != c.personal.IMSI {
			continue
		}
		_, u, err := ota.ReadDeliver(m.TPDUs[0])
		if err != nil {
			t.Fatal(err)
		}
		return submits(t, u.Body)
	}
	t.Fatal("nothing was sent")
	return nil
}

func TestAttackAnswerWithoutChecksum(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		for status := ota.OK; status <= ota.ResponseByUSSD; status++ {
			bare := ota.AppendRefusal(nil, bank, status)
			p.refuses("an answer without checksum", card.personal.IMSI, submits(t, bare), gateway.ReasonUnauthentic)
			counted := slices.Clone(bare)
			counted[10] = 1 // names the counter that was sent
			p.refuses("an answer without checksum", card.personal.IMSI, submits(t, counted), gateway.ReasonUnauthentic)
		}
		p.want(nil, nil)
		if p.counter(card) != 1 {
			t.Errorf("the counter moved to %d", p.counter(card))
		}
	})
}

func TestAttackForgedDeliveryReport(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card, mallory := newCard(t, 1), newCard(t, 2)
		p := newPlatform(t, db, card, mallory)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a")
		p.drain()
		id := p.net.messages()[0].ID
		bare, err := ota.DeliverReport(ota.AppendAnswer(nil, ota.AppendRefusal(nil, bank, ota.CounterLow)))
		if err != nil {
			t.Fatal(err)
		}
		for _, report := range [][]byte{bare, {}, {0}, {0, 0}, bare[:len(bare)-1]} {
			if err := p.Report(t.Context(), id, gateway.Delivery{State: gateway.OnPhone, Report: report}); err != nil {
				t.Errorf("the bearer's word counts without the card's: %v", err)
			}
		}
		p.want(nil, nil)
		if p.counter(card) != 1 {
			t.Errorf("the counter moved to %d", p.counter(card))
		}
	})
}

func TestStatus02RaisesTheCounterByTheGap(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		card.last = 2500
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		for range 4 {
			p.drain()
		}
		p.receive(card)
		p.want([]string{"a"}, nil)
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1, 1 + gap + 1, 2*(1+gap) + 1, 3*(1+gap) + 1}) {
			t.Errorf("sent with counters %d", got)
		}
	})
}

func TestAttackReplayedStatus02(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		p.drain()
		low := submits(t, card.response(t, ota.CounterLow, nil)) // the network brought the packet twice
		for range 3 {
			if err := p.Receive(t.Context(), card.personal.IMSI, low); err != nil {
				t.Error(err)
			}
			p.drain()
		}
		if got := p.sentCounters(card); !slices.Equal(got, []ota.Counter{1}) || p.counter(card) != 1 {
			t.Errorf("sent with counters %d, the last one used is %d", got, p.counter(card))
		}
		p.receive(card)
		p.want([]string{"a"}, nil)

		p.net.will(says(gateway.Accepted))
		p.submit(card, "b")
		p.drain()
		if err := p.Receive(t.Context(), card.personal.IMSI, low); err != nil {
			t.Error(err)
		}
		p.drain()
		if p.counter(card) != 2 {
			t.Errorf("an old status 02 moved the counter to %d", p.counter(card))
		}
	})
}

func TestACardThatRefusesEndsThePacket(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for i, status := range []ota.Status{ota.CounterHigh, ota.CounterBlocked, ota.MemoryProblem, ota.UnknownTAR, ota.InsufficientSecurity} {
			p, card := askedOf(t, db, i)
			if err := p.Receive(t.Context(), card.personal.IMSI, submits(t, card.response(t, status, nil))); err != nil {
				t.Error(err)
			}
			p.want(nil, []string{"a refused"})
		}
	})
}

func TestAnswersAfterTheEndChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		p, card := asked(t, db)
		withdrawn := p.net.answer(t, card)
		p.withdraw("a")
		p.submit(card, "b")
		p.drain()
		expired := p.net.answer(t, card)
		p.clock.pass(time.Hour)
		p.drain()
		told := p.asker.told
		for _, answer := range [][][]byte{withdrawn, expired} {
			if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
				t.Errorf("a late answer: %v", err)
			}
		}
		p.want(nil, []string{"b expired"})
		if p.asker.told != told {
			t.Error("the asker was told of a late answer")
		}
	})
}

func TestAttackKeysRowMovedToAnotherCard(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		n := 1
		newPlatform(t, db, newCard(t, n))
		changes := map[string]string{
			"keys of another card":  `update ota_card set keys = (select o.keys from ota_card o where o.iccid <> $1 limit 1) where iccid = $1`,
			"AES keys as 3DES keys": `update ota_card set legacy = true where iccid = $1`,
			"another key set":       `update ota_card set key_set = 2 where iccid = $1`,
			"keys cut short":        `update ota_card set keys = (select o.tar from ota_packet o where o.iccid = $1) where iccid = $1`,
		}
		for what, change := range changes {
			n++
			p, card := askedOf(t, db, n)
			answer := p.net.answer(t, card)
			p.tx(func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), change, card.personal.ICCID)
				return err
			})
			if err := p.Receive(t.Context(), card.personal.IMSI, answer); simtrust.KindOf(err) != simtrust.KindInternal {
				t.Errorf("%s: an answer opened, or the error is %v", what, err)
			}
			p.clock.pass(retry)
			p.drain()
			p.want(nil, []string{"a unsent"})
			if got := len(p.net.messages()); got != 1 {
				t.Errorf("%s: a packet left", what)
			}
		}
	})
}
