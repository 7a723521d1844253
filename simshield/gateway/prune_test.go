package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
)

// TestPruneForgetsWhatEndedButNoCounter: what is old and done goes, with all its sendings; what is open, or young, or a card stays.
func TestPruneForgetsWhatEndedButNoCounter(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const month = 30 * 24 * time.Hour
		card, open := newCard(t, 1), newCard(t, 2)
		p := newPlatform(t, db, card, open)
		p.submit(card, "old")
		p.drain()
		p.clock.pass(retry)
		p.drain() // a second sending
		late := p.net.answer(t, card)
		p.receive(card)
		p.tx(func(tx *sqldb.Tx) error {
			return p.Submit(t.Context(), tx, gateway.Submission{ICCID: open.personal.ICCID, TAR: bank, Data: []byte("x"), Expires: epoch.Add(10 * month), Ref: "open"})
		})
		p.drain()
		p.clock.pass(month - time.Minute)
		if err := p.Prune(t.Context()); err != nil || p.rows() != [3]int{2, 3} {
			t.Errorf("before its time: %v of packets and sendings, %v", p.rows(), err)
		}
		p.submit(card, "young")
		p.drain() // and "open" again
		p.clock.pass(time.Hour)
		if err := p.Prune(t.Context()); err != nil || p.rows() != [3]int{2, 3} {
			t.Errorf("after its time: %v of packets and sendings, %v", p.rows(), err)
		}
		p.refuses("an answer to what is forgotten", card.personal.IMSI, late, gateway.ReasonUnauthentic)
		if p.counter(card) != 3 {
			t.Errorf("the counter is %d", p.counter(card))
		}
	})
}

func TestPruneGoesOnUntilAllIsForgotten(t *testing.T) {
	const many = 2100
	card := newCard(t, 1)
	p := newPlatform(t, only(t), card)
	refs := make([]string, many)
	for i := range refs {
		refs[i] = fmt.Sprint(i)
	}
	p.submit(card, refs...)
	p.withdraw(refs...)
	p.clock.pass(31 * 24 * time.Hour)
	if err := p.Prune(t.Context()); err != nil || p.rows() != [3]int{} {
		t.Errorf("%v of packets and sendings, %v", p.rows(), err)
	}
}

// rows counts packets, sendings, and sendings of no packet.
func (p *platform) rows() (n [3]int) {
	p.t.Helper()
	for i, what := range []string{"ota_packet", "ota_sending", "ota_sending where packet not in (select id from ota_packet)"} {
		if err := p.db.QueryRow(p.t.Context(), `select count(*) from `+what).Scan(&n[i]); err != nil {
			p.t.Fatal(err)
		}
	}
	return n
}
