package simshield

import (
	"testing"
	"time"

	"simtrust"
)

const yuan = 100

var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// TestDefaultPolicy walks the limits of PBoC circular 261/2016 and of the shield's ceilings, one fen below and above each.
func TestDefaultPolicy(t *testing.T) {
	at := time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC)
	counter, remote := signer{identified: AtCounter, bank: true}, signer{identified: Remotely, bank: true}
	eid := signer{identified: AtCounter}
	cooling := signer{identified: AtCounter, bank: true, cooledFrom: at.Add(-23 * time.Hour)}
	cooled := signer{identified: AtCounter, bank: true, cooledFrom: at.Add(-24 * time.Hour)}
	for _, c := range []struct {
		name          string
		by            signer
		amount        int64
		before        sums // of the day, without this transfer
		others        int64
		own, unit     bool
		reason        string
		wantsReminder bool
	}{
		{name: "small", by: counter, amount: 48_000 * yuan},
		{name: "largest", by: counter, amount: 5_000_000 * yuan, wantsReminder: true},
		{name: "above the largest", by: counter, amount: 5_000_000*yuan + 1, reason: ReasonItemLimit},
		{name: "remote", by: remote, amount: 200_000 * yuan},
		{name: "above remote", by: remote, amount: 200_000*yuan + 1, reason: ReasonItemLimit},
		{name: "split above remote", by: remote, amount: 1, before: sums{200_000 * yuan, 200_000 * yuan}, reason: ReasonDayLimit},
		{name: "split above the largest", by: counter, amount: 1, before: sums{0, 5_000_000 * yuan}, reason: ReasonDayLimit},
		{name: "split over two shields", by: counter, amount: 1, before: sums{5_000_000 * yuan, 0}, reason: ReasonDayLimit},
		{name: "two shields within the ceiling", by: counter, amount: 1, before: sums{5_000_000*yuan - 1, 0}, wantsReminder: true},
		{name: "other channels above remote", by: remote, amount: 1, others: 200_000 * yuan, reason: ReasonDayLimit},
		{name: "other channels up to remote", by: remote, amount: 1, others: 200_000*yuan - 1},
		{name: "own account, other channels", by: remote, amount: 1, others: 200_000 * yuan, own: true},
		{name: "own account, above the shield's day", by: remote, amount: 1, before: sums{0, 200_000 * yuan}, own: true, reason: ReasonDayLimit},
		{name: "own account, above the largest", by: counter, amount: 5_000_000*yuan + 1, own: true, reason: ReasonItemLimit},
		{name: "unidentified", by: signer{bank: true}, amount: 1, reason: ReasonItemLimit},

		{name: "no bank certificate", by: eid, amount: 50_000 * yuan},
		{name: "no bank certificate, above", by: eid, amount: 50_000*yuan + 1, reason: ReasonCertificateRequired},
		{name: "no bank certificate, split", by: eid, amount: 1, before: sums{50_000 * yuan, 0}, reason: ReasonCertificateRequired},
		{name: "no bank certificate, other channels", by: eid, amount: 1, others: 50_000 * yuan, reason: ReasonCertificateRequired},
		{name: "no bank certificate, own account", by: eid, amount: 50_000*yuan + 1, own: true},

		{name: "person without reminder", by: counter, amount: 300_000 * yuan},
		{name: "person with reminder", by: counter, amount: 300_000*yuan + 1, wantsReminder: true},
		{name: "reminder by other channels", by: counter, amount: 1, others: 300_000 * yuan, wantsReminder: true},
		{name: "own account without reminder", by: counter, amount: 300_000 * yuan, own: true},
		{name: "own account with reminder", by: counter, amount: 300_000*yuan + 1, own: true, wantsReminder: true},
		{name: "unit without reminder", by: counter, amount: 1_000_000 * yuan, unit: true},
		{name: "unit with reminder", by: counter, amount: 1_000_000*yuan + 1, unit: true, wantsReminder: true},

		{name: "new card", by: cooling, amount: 50_000 * yuan},
		{name: "new card, above", by: cooling, amount: 50_000*yuan + 1, reason: ReasonCoolingLimit},
		{name: "new card, split", by: cooling, amount: 1, before: sums{0, 50_000 * yuan}, reason: ReasonCoolingLimit},
		{name: "new card, another shield", by: cooling, amount: 1, before: sums{50_000 * yuan, 0}, reason: ReasonCoolingLimit},
		{name: "new card, other channels", by: cooling, amount: 1, others: 50_000 * yuan, reason: ReasonCoolingLimit},
		{name: "new card, own account", by: cooling, amount: 50_000*yuan + 1, own: true, reason: ReasonCoolingLimit},
		{name: "a day later", by: cooled, amount: 50_000*yuan + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			day := sums{c.before.customer + c.amount, c.before.shield + c.amount}
			if c.own {
				day.customer -= c.amount
			}
			remind, err := DefaultPolicy(shanghai).decide(payment{amount: c.amount, currency: "CNY", own: c.own, unit: c.unit, others: c.others, at: at}, c.by, day)
			if simtrust.ReasonOf(err) != c.reason || remind != c.wantsReminder {
				t.Errorf("reminder %v, %v; want %v, %q", remind, err, c.wantsReminder, c.reason)
			}
		})
	}
	if _, err := DefaultPolicy(shanghai).decide(payment{amount: 1, currency: "USD", at: at}, counter, sums{1, 1}); simtrust.ReasonOf(err) != ReasonCurrency {
		t.Errorf("dollars: %v", err)
	}
}

// TestDay: a day begins at midnight in Shanghai, at 16:00 UTC.
func TestDay(t *testing.T) {
	p := DefaultPolicy(shanghai)
	for at, want := range map[string]string{"2026-02-28T15:59:59Z": "2026-02-28", "2026-02-28T16:00:00Z": "2026-03-01"} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Day(instant); got != want {
			t.Errorf("%s is in %s, want %s", at, got, want)
		}
	}
}
