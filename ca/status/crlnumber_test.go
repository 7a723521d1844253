package status_test

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust/ca"
)

func TestNumbersRise(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.publish()
		last := w.crl(bank, 0).Number
		risen := func(what string, n *world) {
			t.Helper()
			number := n.crl(bank, 0).Number
			if number.Cmp(last) <= 0 {
				t.Errorf("%s: number %v after %v", what, number, last)
			}
			last = number
		}
		change := func() {
			s := serial("41" + big.NewInt(int64(w.register.questions()+len(w.register.changes["bank-p256-2026/0"])+100)).Text(16))
			w.register.revoke(bank, 0, w.register.hold(bank, s, ca.StateIssued), w.clock.now(), ca.Superseded)
		}
		change()
		w.round(3 * time.Second)
		risen("a change", w)

		n := w.node()
		change()
		n.round(3 * time.Second)
		risen("a restart", n)
		w.publish()
		if got := w.crl(bank, 0).Number; got.Cmp(last) != 0 {
			t.Errorf("the other node serves %v", got)
		}

		change()
		w.clock.advance(-time.Hour)
		n.publish()
		risen("a clock that went back", n)
		change()
		n.round(3 * time.Second)
		risen("the same", n)
		if l := n.crl(bank, 0); !l.ThisUpdate.Equal(w.clock.now()) || !l.NextUpdate.Equal(w.clock.now().Add(24*time.Hour)) {
			t.Errorf("%v to %v", l.ThisUpdate, l.NextUpdate)
		}
	})
}

// TestClockAheadForAWhile has a clock a year ahead publish. Once it is right again lists are valid, and hold what had expired in that
// year alone.
func TestClockAheadForAWhile(t *testing.T) {
	const year = 365 * 24 * time.Hour
	each(t, func(t *testing.T, w *world) {
		w.register.hold(bank, one, ca.StateIssued)
		w.register.expires(bank, one, start.Add(year/2))
		w.register.revoke(bank, 0, one, start, ca.KeyCompromise)
		w.publish()
		w.round(year)
		w.round(48 * time.Hour)
		ahead := w.crl(bank, 0)
		if listed(ahead, one) >= 0 {
			t.Fatal("an expired certificate is listed")
		}
		w.clock.advance(-year - 47*time.Hour)
		w.publish()
		if l := w.crl(bank, 0); listed(l, one) != ca.KeyCompromise || !l.ThisUpdate.Equal(w.clock.now()) ||
			!l.NextUpdate.Equal(w.clock.now().Add(24*time.Hour)) || l.Number.Cmp(ahead.Number) <= 0 {
			t.Errorf("number %v after %v, %v to %v: %+v", l.Number, ahead.Number, l.ThisUpdate, l.NextUpdate, l.RevokedCertificateEntries)
		}
		restarted := w.node()
		restarted.publish()
		if l := restarted.crl(bank, 0); listed(l, one) != ca.KeyCompromise {
			t.Errorf("after a restart: %+v", l.RevokedCertificateEntries)
		}
	})
}

// After the store came back from a backup its numbers are old; what was published since is not numbered again.
func TestNumberAfterRestore(t *testing.T) {
	w := embedded(t)
	w.publish()
	restore := w.backup(bank, 0)
	w.register.hold(bank, one, ca.StateIssued)
	w.register.hold(bank, two, ca.StateIssued)
	w.register.revoke(bank, 0, one, w.clock.now(), ca.Superseded)
	w.round(3 * time.Second)
	last := w.crl(bank, 0)

	w.register.restore(bank, 0, 1)
	restore()
	w.clock.advance(time.Second)
	n := w.node()
	n.publish()
	if l := n.crl(bank, 0); l.Number.Cmp(last.Number) <= 0 {
		t.Errorf("a restarted node serves number %v after %v", l.Number, last.Number)
	}
	w.register.revoke(bank, 0, two, w.clock.now(), ca.Superseded)
	n.round(3 * time.Second)
	if l := n.crl(bank, 0); l.Number.Cmp(last.Number) <= 0 || listed(l, two) < 0 {
		t.Errorf("number %v after %v, %+v", l.Number, last.Number, l.RevokedCertificateEntries)
	}
}

func TestNodesPublishTogether(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		nodes := []*world{w, w.node(), w.node()}
		var seen []*big.Int
		for round := range 5 {
			s := w.register.hold(bank, []byte{0x31, byte(round + 1)}, ca.StateIssued)
			w.register.revoke(bank, 1, s, w.clock.now(), ca.Superseded)
			w.clock.advance(3 * time.Second)
			var all sync.WaitGroup
			for _, n := range nodes {
				all.Go(func() {
					if err := errors.Join(n.Watch(t.Context()), n.Publish(t.Context())); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			for _, n := range nodes {
				n.publish()
			}
			list := w.crl(bank, 1)
			for _, n := range nodes[1:] {
				if other := n.crl(bank, 1); !bytes.Equal(other.Raw, list.Raw) {
					t.Errorf("round %d: nodes serve %v and %v", round, other.Number, list.Number)
				}
			}
			if len(list.RevokedCertificateEntries) != round+1 {
				t.Errorf("round %d: %d entries", round, len(list.RevokedCertificateEntries))
			}
			seen = append(seen, list.Number)
		}
		if !slices.IsSortedFunc(seen, func(a, b *big.Int) int { return a.Cmp(b) }) {
			t.Error(seen)
		}
	})
}
