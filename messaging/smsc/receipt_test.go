package smsc_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/smsc"
)

// quick has receipts for unknown ids wait for a moment only.
var quick = smsc.Config{Early: 20 * time.Millisecond}

// TestReceipts: what counts, what does not, and what is acknowledged all the same.
func TestReceipts(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		silent := map[string]smpp.Message{
			"no receipt":          {Class: smpp.ClassReceipt, Octets: []byte("id:A001 hello")},
			"a state of none":     {Class: smpp.ClassReceipt, Octets: []byte("id:A001 stat:MAYBE err:000")},
			"on its way":          {Class: smpp.ClassReceipt, Octets: []byte("id:A001 stat:ENROUTE err:000")},
			"taken over":          {Class: smpp.ClassIntermediate, Octets: []byte("id:A001 stat:ACCEPTD err:000")},
			"unknown state":       {Class: smpp.ClassReceipt, Octets: []byte("id:A001 stat:UNKNOWN err:000")},
			"an unknown id":       {Class: smpp.ClassReceipt, Octets: []byte("id:B001 stat:DELIVRD err:000")},
			"no id":               {Class: smpp.ClassReceipt, Octets: []byte("id: stat:DELIVRD err:000")},
			"a person's text":     {Octets: []byte("id:A001 sub:001 dlvrd:001 stat:DELIVRD err:000")},
			"an acknowledgement":  {Class: smpp.ClassAcknowledgement, Octets: []byte("id:A001 stat:DELIVRD err:000")},
			"octets of no kind":   {Class: smpp.ClassReceipt, Coding: smpp.CodingBinary, Octets: []byte{0, 1, 2}},
			"only a parameter":    {Class: smpp.ClassReceipt, Options: smpp.Options(nil).WithText(smpp.TagReceiptedMessageID, "A001")},
			"a parameter of none": {Class: smpp.ClassReceipt, Options: smpp.Options(nil).WithText(smpp.TagReceiptedMessageID, "A001").With(smpp.TagMessageState, 99)},
		}
		for name, m := range silent {
			if err := w.deliver(m); err != nil {
				t.Errorf("%s is not acknowledged: %v", name, err)
			}
		}
		if got := w.ledger.told(); len(got) > 0 {
			t.Fatalf("%+v", got)
		}
		if n := w.count(`select count(*) from messaging_smsc_segment`); n != 1 {
			t.Errorf("%d rows: something unknown was stored", n)
		}
		for i, c := range []struct {
			state smpp.State
			tlv   bool
			want  dispatch.Fate
		}{
			{smpp.StateUndeliverable, false, dispatch.FateFailed}, {smpp.StateRejected, true, dispatch.FateFailed}, {smpp.StateExpired, false, dispatch.FateExpired},
			{smpp.StateDeleted, true, dispatch.FateRevoked}, {smpp.StateDelivered, true, dispatch.FateDelivered}, {smpp.StateDelivered, false, dispatch.FateDelivered},
		} {
			if err := w.receipt("a001", c.state, c.tlv); err != nil {
				t.Fatal(err)
			}
			if got := w.ledger.told(); len(got) != i+1 || got[i].Fate != c.want || got[i].ID != "dlv_1.1" {
				t.Errorf("%s: %+v", c.state, got)
			}
		}
	})
}

// TestDurable: what could not be kept comes again.
func TestDurable(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		w.ledger.goes(&simtrust.Error{Kind: simtrust.KindUnavailable})
		if err := w.receipt("A001", smpp.StateDelivered, false); !errors.Is(err, smpp.StatusReceiverTemporaryFailure) {
			t.Errorf("a receipt that nobody could take: %v", err)
		}
		w.ledger.goes(nil)
		if err := w.receipt("A001", smpp.StateDelivered, false); err != nil || len(w.ledger.told()) != 1 {
			t.Errorf("%v, %+v", err, w.ledger.told())
		}
	})
}

// TestEarly: a receipt that overtakes the answer to its submission.
func TestEarly(t *testing.T) {
	each(t, smsc.Config{Early: patience}, func(t *testing.T, w *world) {
		var receipt sync.WaitGroup
		w.centre.submit = func(int, *smpp.Message) (string, error) {
			receipt.Go(func() {
				if err := w.receipt("early", smpp.StateDelivered, true); err != nil {
					t.Error(err)
				}
			})
			return "early", nil
		}
		w.sends(text("dlv_1", "hello"))
		receipt.Wait()
		if got := w.ledger.told(); len(got) != 1 || got[0].ID != "dlv_1.1" {
			t.Errorf("%+v", got)
		}
	})
}

// TestCrowd: receipts for ids that nobody knows take no more room than there is, and the others get through.
func TestCrowd(t *testing.T) {
	each(t, smsc.Config{Window: 8, Early: patience}, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		var crowd sync.WaitGroup
		var later atomic.Int64
		for range 8 {
			crowd.Go(func() {
				if err := w.receipt("unknown", smpp.StateDelivered, true); errors.Is(err, smpp.StatusReceiverTemporaryFailure) || errors.Is(err, smpp.StatusThrottled) {
					later.Add(1)
				}
			})
		}
		w.until("the others are told to come later", func() bool { return later.Load() == 4 })
		if err := w.receipt("A001", smpp.StateDelivered, true); err != nil || len(w.ledger.told()) != 1 {
			t.Errorf("%v, %+v", err, w.ledger.told())
		}
		w.centre.submit = func(int, *smpp.Message) (string, error) { return "unknown", nil }
		w.sends(text("dlv_2", "hello")) // what they wait for
		crowd.Wait()
	})
}

// TestIDs: ids in another base, as configured and never guessed.
func TestIDs(t *testing.T) {
	for form, c := range map[smsc.ReceiptIDs]struct {
		answer       string
		known, other []string
	}{
		smsc.SameIDs:    {"0000001F", []string{"0000001f", "0000001F"}, []string{"1F", "31", "0000000031"}},
		smsc.DecimalIDs: {"1F", []string{"31", "0000000031"}, []string{"1F", "1f", "49"}},
		smsc.HexIDs:     {"31", []string{"1F", "0000001f"}, []string{"31", "49"}},
	} {
		config := quick
		config.IDs = form
		each(t, config, func(t *testing.T, w *world) {
			w.centre.submit = func(int, *smpp.Message) (string, error) { return c.answer, nil }
			w.sends(text("dlv_1", "hello"))
			for _, id := range c.other {
				if err := w.receipt(id, smpp.StateUndeliverable, false); err != nil || len(w.ledger.told()) > 0 {
					t.Fatalf("%q: %s is taken for %s: %v", form, id, c.answer, err)
				}
			}
			for i, id := range c.known {
				if err := w.receipt(id, smpp.StateDelivered, false); err != nil || len(w.ledger.told()) != i+1 {
					t.Errorf("%q: %s is not known: %v", form, id, err)
				}
			}
			before := len(w.ledger.told())
			if err := w.receipt(c.answer, smpp.StateDelivered, true); err != nil || len(w.ledger.told()) != before+1 {
				t.Errorf("%q: the parameter %s is not known: %v", form, c.answer, err)
			}
		})
	}
}

// TestReusedID: where a service centre gives an id again, it means the newer message.
func TestReusedID(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.centre.submit = func(int, *smpp.Message) (string, error) { return "7", nil }
		w.sends(text("dlv_1", "hello"))
		w.sends(text("dlv_2", "hello"))
		if err := w.receipt("7", smpp.StateDelivered, true); err != nil || w.ledger.told()[0].ID != "dlv_2.1" {
			t.Errorf("%v, %+v", err, w.ledger.told())
		}
	})
}

// TestAsk: what queries and cancellations are answered with.
func TestAsk(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		copies := []dispatch.Copy{{Delivery: "dlv_0", Attempt: 1}, {Delivery: "dlv_1", Attempt: 1}, {Delivery: "dlv_1", Attempt: 2}}
		for state, want := range map[smpp.State]dispatch.Fate{
			smpp.StateEnroute: dispatch.FateAccepted, smpp.StateAccepted: dispatch.FateAccepted, smpp.StateDelivered: dispatch.FateDelivered,
			smpp.StateUndeliverable: dispatch.FateFailed, smpp.StateRejected: dispatch.FateFailed, smpp.StateExpired: dispatch.FateExpired,
			smpp.StateDeleted: dispatch.FateRevoked, smpp.StateUnknown: dispatch.FateUnknown, smpp.State(77): dispatch.FateUnknown,
		} {
			w.centre.query = func(string) (smpp.State, error) { return state, nil }
			if got := w.Query(t.Context(), copies); got[0].Fate != "" || got[1].Fate != want || got[2].Fate != "" {
				t.Errorf("%s: %+v", state, got)
			}
		}
		w.centre.query = func(string) (smpp.State, error) { return 0, smpp.StatusQueryFailed }
		if got := w.Query(t.Context(), copies); got[1].Fate != dispatch.FateUnknown {
			t.Errorf("%+v", got)
		}
		for state, want := range map[smpp.State]dispatch.Recall{
			smpp.StateDeleted: dispatch.Recalled, smpp.StateExpired: dispatch.Recalled, smpp.StateDelivered: dispatch.TooLate,
			smpp.StateEnroute: dispatch.TooLate, smpp.StateUnknown: dispatch.RecallUnknown,
		} {
			w.centre.cancel = func(string) error { return smpp.StatusCancelFailed }
			w.centre.query = func(string) (smpp.State, error) { return state, nil }
			if got := w.Cancel(t.Context(), copies); got[0] != "" || got[1] != want || got[2] != "" {
				t.Errorf("it cannot be cancelled, and is %s: %v", state, got)
			}
		}
		w.centre.cancel = func(string) error { return smpp.StatusInvalidMessageID }
		if got := w.Cancel(t.Context(), copies); got[1] != dispatch.RecallUnknown {
			t.Errorf("%v", got)
		}
		w.centre.cancel = nil
		if got := w.Cancel(t.Context(), copies); got[1] != dispatch.Recalled {
			t.Errorf("%v", got)
		}
		if c := w.centre.cancelled[0]; c.MessageID != "A001" || c.Source.Value != base+"1000" {
			t.Errorf("%s from %s", c.MessageID, c.Source.Value)
		}
	})
}

// TestPrune: ids are kept for as long as receipts come, and no longer.
func TestPrune(t *testing.T) {
	each(t, quick, func(t *testing.T, w *world) {
		w.sends(text("dlv_1", "hello"))
		*w.clock = now.Add(3 * 24 * time.Hour)
		if err := w.Prune(t.Context()); err != nil || w.count(`select count(*) from messaging_smsc_segment`) != 1 {
			t.Errorf("too early: %v", err)
		}
		*w.clock = now.Add(4 * 24 * time.Hour)
		if err := w.Prune(t.Context()); err != nil || w.count(`select count(*) from messaging_smsc_segment`) != 0 {
			t.Errorf("too late: %v", err)
		}
	})
}
