package simshield_test

import (
	"strings"
	"testing"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestTransfer goes the whole way: registration, transfer, what the phone shows, signature, receipt.
func TestTransfer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 48_000))
		if tx.State != simshield.StateOpen || len(tx.Code) != 4 {
			t.Fatalf("%+v", tx)
		}
		w.settle()
		signed := w.is(tx.ID, simshield.StateSigned, "")
		screen := strings.Join(p.person.shown, "\n")
		for _, want := range []string{"示例银行", "张伟", "6217 0000 1000 1234 567", "¥48,000.00", "货款", tx.Code} {
			if !strings.Contains(screen, want) {
				t.Errorf("the screen does not show %s:\n%s", want, screen)
			}
		}
		if signed.Signature == (applet.Signature{}) || len(w.evidence.sealed) != 1 || w.evidence.sealed[0].ID != tx.ID {
			t.Errorf("%+v, %d sealed", signed, len(w.evidence.sealed))
		}
		if bundle, err := w.Receipt(t.Context(), w.bank.id, tx.ID); err != nil || !strings.Contains(string(bundle), tx.ID) {
			t.Errorf("%s, %v", bundle, err)
		}
	})
}

// TestOtherChannels: what the bank's other channels transferred that day counts, from nothing up.
func TestOtherChannels(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		for others, reminder := range map[string]bool{"0.00": false, "299900.00": false, "299900.01": true} {
			c := w.bank.transfer("order-"+others, 100)
			c["customer"] = "account-" + others
			c["transfer"].(claims)["other_channels"] = others
			p.person.shown = nil
			tx := w.bank.ask(c)
			w.settle()
			w.is(tx.ID, simshield.StateSigned, "")
			if got := strings.Contains(strings.Join(p.person.shown, "\n"), "大额"); got != reminder {
				t.Errorf("%s: the reminder is there: %v", others, got)
			}
		}
	})
}
