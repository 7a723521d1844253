package renumber

import (
	"cmp"
	"slices"
	"time"

	"simtrust"
)

// timeline is the tenures of one number in the order they opened. They do not overlap, and only the last may be open.
type timeline struct{ records []*Record }

func (t *timeline) last() *Record {
	if len(t.records) == 0 {
		return nil
	}
	return t.records[len(t.records)-1]
}

// at returns the tenure that holds the number at an instant, or nil.
func (t *timeline) at(at time.Time) *Record {
	for _, r := range slices.Backward(t.records) {
		if !r.Opened.After(at) && (r.open() || at.Before(r.Closed)) {
			return r
		}
	}
	return nil
}

// vacantFrom says why no tenure can open at an instant, or nil.
func (t *timeline) vacantFrom(at time.Time) *rejection {
	last := t.last()
	switch {
	case last == nil:
		return nil
	case last.open() && last.OutOfSight:
		return reject(ReasonOutOfSight, "the number is ported out; report its release or port-in first")
	case last.open():
		return reject(ReasonHeld, "somebody holds the number; report the release first")
	case last.Closed.After(at):
		return reject(ReasonContradicts, "a tenure of the number is recorded after that instant")
	}
	return nil
}

// subject returns the open tenure that the event is about: the one in force at its instant, and the named holder's.
func (t *timeline) subject(e event) (*Record, *rejection) {
	if t.last() == nil {
		return nil, reject(ReasonNeverOurs, "the number was never assigned")
	}
	r := t.at(e.effective)
	switch {
	case r == nil:
		return nil, reject(ReasonUnassigned, "nobody held the number at that instant")
	case !r.open():
		return nil, reject(ReasonEnded, "the tenure of that instant is closed, which is final")
	case e.party.holder != "" && e.party.holder != r.Holder:
		return nil, reject(ReasonOtherHolder, "the record names another holder")
	}
	return r, nil
}

// inSight is subject, of a number that was not ported out at that instant.
func (t *timeline) inSight(e event) (*Record, *rejection) {
	r, no := t.subject(e)
	if no == nil && r.outOfSightAt(e.effective) {
		return nil, reject(ReasonOutOfSight, "the number was ported out at that instant")
	}
	return r, no
}

// settled is subject, of a tenure that could have ended at that instant because nothing later is recorded on it.
func (t *timeline) settled(e event) (*Record, *rejection) {
	r, no := t.subject(e)
	if no == nil && r.changedAfter(e.effective) {
		return nil, reject(ReasonContradicts, "later facts are recorded on the tenure")
	}
	return r, no
}

// changeable is settled and in sight.
func (t *timeline) changeable(e event) (*Record, *rejection) {
	r, no := t.settled(e)
	if no == nil && r.OutOfSight {
		return nil, reject(ReasonOutOfSight, "the number is ported out")
	}
	return r, no
}

// ledger is the part of the record that one batch touches, and the rules by which an event changes it. It knows no store: what
// changed is read off the records' counters, and what is to be told off news.
type ledger struct {
	recorded  time.Time
	newID     func() simtrust.TenureID
	timelines map[simtrust.Number]*timeline
	news      []news
}

// news is one event for the outbox.
type news struct {
	tenure simtrust.TenureID
	seq    int64
	event  any
}

func newLedger(recorded time.Time, newID func() simtrust.TenureID, records []*Record) *ledger {
	l := &ledger{recorded: recorded, newID: newID, timelines: make(map[simtrust.Number]*timeline)}
	for _, r := range records {
		t := l.timeline(r.Number)
		t.records = append(t.records, r)
	}
	for _, t := range l.timelines {
		slices.SortFunc(t.records, inOrder)
	}
	return l
}

// changed returns the tenures that are new or have changed, by id: two writers then take their rows in one order.
func (l *ledger) changed() []*Record {
	var changed []*Record
	for _, t := range l.timelines {
		for _, r := range t.records {
			if r.seq != r.stored {
				changed = append(changed, r)
			}
		}
	}
	slices.SortFunc(changed, func(a, b *Record) int { return cmp.Compare(a.ID, b.ID) })
	return changed
}

// inOrder sorts the tenures of one number. Of two that opened at one instant the one that is empty came first.
func inOrder(a, b *Record) int {
	if c := a.Opened.Compare(b.Opened); c != 0 {
		return c
	}
	switch {
	case a.open():
		return 1
	case b.open():
		return -1
	}
	return a.Closed.Compare(b.Closed)
}

func (l *ledger) timeline(n simtrust.Number) *timeline {
	t, ok := l.timelines[n]
	if !ok {
		t = &timeline{}
		l.timelines[n] = t
	}
	return t
}

func (l *ledger) tell(r *Record, seq int64, event any) {
	l.news = append(l.news, news{r.ID, seq, event})
}
