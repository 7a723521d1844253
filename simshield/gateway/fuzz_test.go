package gateway_test

import (
	"bytes"
	"testing"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// FuzzReceive brings what may be the two short messages of an answer. Only the answer itself, in whatever messages, is taken.
func FuzzReceive(f *testing.F) {
	db := sqldbtest.Open(f, sqldbtest.SQLiteURL(f))
	if err := sqldb.Migrate(f.Context(), db, gateway.Migrations()); err != nil {
		f.Fatal(err)
	}
	card := newCard(f, 1)
	p := newPlatform(f, db, card)
	p.submit(card, "a")
	p.drain()
	answer := p.net.answer(f, card)
	genuine, err := ota.JoinSubmits(answer)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer[0], []byte{})
	f.Add(answer[0], answer[0])
	f.Add(p.net.messages()[0].TPDUs[0], []byte{})
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		tpdus := [][]byte{first}
		if len(second) > 0 {
			tpdus = append(tpdus, second)
		}
		err := p.Receive(t.Context(), card.personal.IMSI, tpdus)
		packet, joined := ota.JoinSubmits(tpdus)
		switch {
		case err == nil && (joined != nil || !bytes.Equal(packet, genuine)):
			t.Errorf("taken: %X", packet)
		case err != nil && simtrust.KindOf(err) != simtrust.KindInvalid && simtrust.KindOf(err) != simtrust.KindDenied:
			t.Errorf("%X: %v", packet, err)
		}
	})
}

// FuzzReport brings a delivery report. Without the card's proof in it the bearer's word alone counts, and no counter moves.
func FuzzReport(f *testing.F) {
	db := sqldbtest.Open(f, sqldbtest.SQLiteURL(f))
	if err := sqldb.Migrate(f.Context(), db, gateway.Migrations()); err != nil {
		f.Fatal(err)
	}
	card := newCard(f, 1)
	p := newPlatform(f, db, card)
	p.net.will(says(gateway.Accepted))
	p.submit(card, "a")
	p.drain()
	m := p.net.messages()[0]
	bare, err := ota.DeliverReport(ota.AppendAnswer(nil, ota.AppendRefusal(nil, bank, ota.CounterLow)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.ID, "accepted", bare)
	f.Add(m.ID, "delivered", []byte{0, 0})
	f.Add("ota_0.1", "busy", []byte{})
	f.Fuzz(func(t *testing.T, id, state string, report []byte) {
		err := p.Report(t.Context(), id, gateway.Delivery{State: gateway.Delivered(state), Report: report})
		if kind := simtrust.KindOf(err); err != nil && kind != simtrust.KindInvalid && kind != simtrust.KindNotFound {
			t.Errorf("%q %q %X: %v", id, state, report, err)
		}
		if c, err := p.Card(t.Context(), card.personal.ICCID); err != nil || c.Counter != 1 {
			t.Errorf("%q %q %X moved the counter to %d, %v", id, state, report, c.Counter, err)
		}
	})
}
