package document_test

import (
	"context"
	"errors"
	"testing"

	"simtrust/simshield"
	"simtrust/simshield/document"
)

// TestRemoveWhileAsking: a document that is removed while the card has its question is cancelled: the question leaves the telephone, and
// the next order is asked.
func TestRemoveWhileAsking(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.start(order(document.CAdES))
		for range 2 {
			w.must(w.docs.Remove(t.Context(), "landlord", d.ID))
		}
		got, err := w.docs.Document(t.Context(), "landlord", d.ID, 0)
		if err != nil || got.Transaction.State != simshield.StateCancelled || got.Transaction.Cause != simshield.CauseParty || got.Signed != nil {
			t.Errorf("%+v, %v", got, err)
		}
		if w.Settle(); len(w.phone.Person.Shown) > 0 {
			t.Errorf("shown: %q", w.phone.Person.Shown)
		}
		next := order(document.CAdES)
		next.Order = "C-2"
		w.sign(next)
	})
}

// TestOthersRemove: another party's removal cancels nothing.
func TestOthersRemove(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.start(order(document.CAdES))
		wants(t, "another party's", w.docs.Remove(t.Context(), "library", d.ID), document.ReasonUnknown)
		w.Settle()
		w.fetch(d.ID)
	})
}

// stuck is a shield that cancels nothing now.
type stuck struct{ document.Shield }

var errStuck = errors.New("no store")

func (stuck) Cancel(context.Context, string, string) (simshield.Transaction, error) {
	return simshield.Transaction{}, errStuck
}

// TestRemoveNotNow: where the question cannot be taken back, the document stays too.
func TestRemoveNotNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.start(order(document.CAdES))
		down := w.deps
		down.Shield = stuck{w.Service}
		if err := document.New(down).Remove(t.Context(), "landlord", d.ID); !errors.Is(err, errStuck) {
			t.Error(err)
		}
		w.Settle()
		w.fetch(d.ID)
	})
}
