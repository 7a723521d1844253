package gateway_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

func TestAPacketGoesToTheCardAndItsAnswerBack(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		p.drain()
		p.want(nil, nil)
		p.receive(card)
		p.want([]string{"a"}, nil)
		r := p.asker.replies[0]
		if r.ICCID != card.personal.ICCID || r.TAR != bank || r.Counter != 1 || r.Status != ota.OK || string(r.Data) != "done" {
			t.Errorf("the reply is %+v", r)
		}
		if c, status := card.keys.OpenCommand(nil, r.Command, ota.Gate{}); status != ota.OK || string(c.Data) != "ask a" {
			t.Errorf("the command in the reply opens with %v %q", status, c.Data)
		}
		if res, err := card.keys.OpenResponse(nil, r.Response); err != nil || string(res.Data) != "done" {
			t.Errorf("the response in the reply opens with %v %q", err, res.Data)
		}
	})
}

func TestOnePacketAtATimeIsOnItsWayToACard(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card, second, third := newCard(t, 1), newCard(t, 2), newCard(t, 3)
		p := newPlatform(t, db, card, second, third)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a", "b", "c")
		p.submit(second, "d")
		p.drain()
		p.submit(third, "e")
		p.drain()
		if got := len(p.net.messages()); got != 3 {
			t.Fatalf("%d messages are on their way to three cards", got)
		}
		first := p.net.messages()[0]
		if first.IMSI != card.personal.IMSI {
			first = p.net.messages()[1]
		}
		if err := p.Report(t.Context(), first.ID, gateway.Delivery{State: gateway.OnPhone}); err != nil {
			t.Fatal(err)
		}
		p.drain()
		p.drain()
		if got := len(p.net.messages()); got != 4 {
			t.Errorf("%d messages after the phone had the first", got)
		}
	})
}

func TestPacketsOfACardLeaveInTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		for _, ref := range []string{"a", "b", "c"} {
			p.submit(card, ref)
			p.clock.pass(time.Millisecond)
		}
		for range 3 {
			p.drain()
		}
		if got := card.accepted(); !slices.Equal(got, []string{"ask a", "ask b", "ask c"}) {
			t.Errorf("the card got %q", got)
		}
	})
}

func TestALongCommandIsConcatenated(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		long := strings.Repeat("转账确认", 40)
		p.tx(func(tx *sqldb.Tx) error {
			return p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Data: []byte(long), Expires: epoch.Add(time.Minute), Ref: "a"})
		})
		p.drain()
		p.receive(card)
		if m := p.net.messages()[0]; len(m.TPDUs) < 2 || card.accepted()[0] != long {
			t.Errorf("%d short messages brought %d octets", len(m.TPDUs), len(card.accepted()[0]))
		}
	})
}

func TestADataThatFitsIntoNoMessageIsUnsent(t *testing.T) {
	card := newCard(t, 1)
	p := newPlatform(t, only(t), card)
	p.tx(func(tx *sqldb.Tx) error {
		return p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Data: make([]byte, 1<<16), Expires: epoch.Add(time.Minute), Ref: "a"})
	})
	p.drain()
	p.want(nil, []string{"a unsent"})
}

func TestSubmissionToAnUnknownCardIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card, stranger := newCard(t, 1), newCard(t, 2)
		p := newPlatform(t, db, card)
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			return p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Expires: epoch.Add(time.Minute), Ref: "a"},
				gateway.Submission{ICCID: stranger.personal.ICCID, TAR: bank, Expires: epoch.Add(time.Minute), Ref: "b"})
		})
		if simtrust.ReasonOf(err) != gateway.ReasonUnknownCard || simtrust.KindOf(err) != simtrust.KindNotFound {
			t.Errorf("the error is %v", err)
		}
		p.drain()
		if got := len(p.net.messages()); got != 0 {
			t.Errorf("%d messages left", got)
		}
	})
}

func TestSubmissionOfATransactionThatFailsNeverLeaves(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		undone := errors.New("undone")
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			return errors.Join(p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Expires: epoch.Add(time.Minute), Ref: "a"}), undone)
		})
		p.drain()
		if !errors.Is(err, undone) || len(p.net.messages()) != 0 {
			t.Errorf("%v, and %d messages left", err, len(p.net.messages()))
		}
	})
}

func TestWithdrawnBeforeSendingNeverLeaves(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a", "b")
		if unsent := p.withdraw("a"); !slices.Equal(unsent, []string{"a"}) {
			t.Errorf("withdrawn unsent: %q", unsent)
		}
		for range 3 {
			p.drain()
			p.clock.pass(time.Hour)
		}
		if got := card.accepted(); slices.Contains(got, "ask a") || !slices.Contains(got, "ask b") {
			t.Errorf("the card got %q", got)
		}
		if unsent := p.withdraw("a", "never"); len(unsent) != 0 {
			t.Errorf("withdrawn again: %q", unsent)
		}
	})
}

func TestWithdrawnOnItsWayIsNotRepeatedAndFreesTheCard(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a")
		p.drain()
		if unsent := p.withdraw("a"); len(unsent) != 0 {
			t.Errorf("said to be unsent: %q", unsent)
		}
		p.net.will(brings)
		p.submit(card, "cancel a")
		p.drain()
		p.clock.pass(time.Hour)
		p.drain()
		if got := card.accepted(); !slices.Equal(got, []string{"ask cancel a"}) {
			t.Errorf("the card got %q", got)
		}
	})
}

func TestAPacketThatNobodyAnswersExpires(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a")
		for range 5 {
			p.drain()
			p.clock.pass(retry)
		}
		p.drain()
		p.want(nil, []string{"a expired"})
		if got := len(p.net.messages()); got != 4 || p.counter(card) != 4 {
			t.Errorf("it was sent %d times within two minutes, counter %d", got, p.counter(card))
		}
	})
}

func TestExpiryIsToldInTimeBehindAPacketThatHoldsTheCard(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a")
		p.drain()
		p.tx(func(tx *sqldb.Tx) error {
			return p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Data: []byte("b"), Expires: epoch.Add(time.Second), Ref: "b"})
		})
		p.clock.pass(2 * time.Second)
		p.drain()
		p.want(nil, []string{"b expired"})
	})
}

func TestExpiryIsToldInTimeBeforeTheNextSending(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		for _, state := range []gateway.Delivered{gateway.Accepted, gateway.OnPhone} {
			p.net.will(says(state))
			p.tx(func(tx *sqldb.Tx) error {
				return p.Submit(t.Context(), tx, gateway.Submission{ICCID: card.personal.ICCID, TAR: bank, Expires: p.clock.now().Add(time.Second), Ref: string(state)})
			})
			p.drain()
			p.clock.pass(time.Second)
			p.drain()
		}
		p.want(nil, []string{"accepted expired", "delivered expired"})
	})
}

func TestAnAbsentPhoneEndsThePacket(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.PhoneAbsent))
		p.submit(card, "a")
		p.drain()
		p.net.will(says(gateway.Accepted))
		p.submit(card, "b")
		p.drain()
		if err := p.Report(t.Context(), p.net.messages()[1].ID, gateway.Delivery{State: gateway.PhoneAbsent}); err != nil {
			t.Error(err)
		}
		p.net.will(says(gateway.Rejected))
		p.submit(card, "c")
		p.drain()
		p.want(nil, []string{"a absent", "b absent", "c unsent"})
	})
}

func TestABusyCardIsAskedAgainLater(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.CardBusy))
		p.submit(card, "a")
		p.drain()
		p.drain()
		p.net.will(brings)
		p.clock.pass(retry)
		p.drain()
		p.receive(card)
		p.want([]string{"a"}, nil)
		if got := len(p.net.messages()); got != 2 {
			t.Errorf("sent %d times", got)
		}
	})
}

func TestABearerThatIsDownThenBack(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(fails)
		p.submit(card, "a")
		p.drain()
		p.drain()
		if got := len(p.net.messages()); got != 1 {
			t.Fatalf("tried %d times at once", got)
		}
		p.net.will(brings)
		p.clock.pass(5 * time.Second)
		p.drain()
		p.receive(card)
		p.want([]string{"a"}, nil)
		if p.counter(card) != 2 || p.asker.replies[0].Counter != 2 {
			t.Errorf("the second sending had counter %d", p.asker.replies[0].Counter)
		}
	})
}

func TestALateReportChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.net.will(says(gateway.Accepted))
		p.submit(card, "a")
		p.drain()
		old := p.net.messages()[0].ID
		p.clock.pass(retry)
		p.drain()
		p.submit(card, "b")
		for _, state := range []gateway.Delivered{gateway.PhoneAbsent, gateway.OnPhone, gateway.Rejected} {
			if err := p.Report(t.Context(), old, gateway.Delivery{State: state}); err != nil {
				t.Errorf("a report on a message that was repeated since: %v", err)
			}
		}
		p.drain()
		p.want(nil, nil)
		if got := len(p.net.messages()); got != 2 {
			t.Errorf("%d messages; the card was taken to be free", got)
		}
		p.withdraw("a", "b")
		for _, id := range []string{old, p.net.messages()[1].ID, "ota_0.1", "ota_0", "", ".", "ota_0.99999999999999999999"} {
			err := p.Report(t.Context(), id, gateway.Delivery{State: gateway.PhoneAbsent})
			if simtrust.ReasonOf(err) != gateway.ReasonUnknown || simtrust.KindOf(err) != simtrust.KindNotFound {
				t.Errorf("report on %q after the end: %v", id, err)
			}
		}
		p.want(nil, nil)
	})
}

func TestAReportOfNoStateIsRefused(t *testing.T) {
	card := newCard(t, 1)
	p := newPlatform(t, only(t), card)
	for _, state := range []gateway.Delivered{"", "error", "DELIVERED", "lost"} {
		if err := p.Report(t.Context(), "ota_0.1", gateway.Delivery{State: state}); simtrust.ReasonOf(err) != gateway.ReasonMessage {
			t.Errorf("state %q: %v", state, err)
		}
	}
}

func TestWhatTheAskerCouldNotTakeIsToldAgain(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		p.submit(card, "a")
		p.drain()
		p.asker.breaks(errors.New("the store is away"))
		answer := p.net.answer(t, card)
		if err := p.Receive(t.Context(), card.personal.IMSI, answer); err == nil {
			t.Error("the bearer was told that an answer was taken")
		}
		p.asker.breaks(nil)
		if err := p.Receive(t.Context(), card.personal.IMSI, answer); err != nil {
			t.Error(err)
		}
		p.want([]string{"a"}, nil)

		p.submit(card, "b")
		p.asker.breaks(errors.New("the store is away"))
		p.clock.pass(time.Hour)
		p.drain()
		p.drain()
		told := p.asker.told
		p.asker.breaks(nil)
		p.clock.pass(time.Minute)
		p.drain()
		p.want([]string{"a"}, []string{"b expired"})
		if told != 3 {
			t.Errorf("the asker was told %d times while it was broken, the second time without pause", told)
		}
	})
}

func TestRunSendsWhatIsSubmittedAndEnds(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		card := newCard(t, 1)
		p := newPlatform(t, db, card)
		stop := p.run(t)
		p.submit(card, "a")
		<-p.net.tried
		stop()
	})
}
