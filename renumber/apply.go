package renumber

import (
	"time"

	"simtrust"
)

// apply changes the record by one event and returns the tenure it opened or, failing that, changed. A rejected event changes
// nothing.
func (l *ledger) apply(e event) (*Record, *rejection) {
	r, no := l.change(l.timeline(e.number), e)
	if no != nil {
		return nil, no
	}
	if e.device != "" && e.kind != NewDevice {
		_ = l.foundDevice(r, e.device, e.effective) // told in passing: known already, or a later one is
	}
	return r, nil
}

func (l *ledger) change(t *timeline, e event) (*Record, *rejection) {
	switch e.kind {
	case Assign:
		return l.assign(t, e)
	case Release:
		return l.release(t, e)
	case Transfer:
		return l.transfer(t, e)
	case ChangeNumber:
		return l.changeNumber(t, e)
	case ChangeUser:
		return l.changeUser(t, e)
	case PortOut:
		return l.portOut(t, e)
	case PortIn:
		return l.portIn(t, e)
	case NewSIM, AddSIM:
		return l.changeSIM(t, e)
	case NewDevice:
		return l.changeDevice(t, e)
	case Suspend:
		return l.bar(t, e, Suspended, Resumed)
	default: // Resume: parse lets no other type pass
		return l.bar(t, e, Resumed, Suspended)
	}
}

func (l *ledger) assign(t *timeline, e event) (*Record, *rejection) {
	if no := t.vacantFrom(e.effective); no != nil {
		return nil, no
	}
	return l.open(e.number, e.party, e.effective, Assigned, named(e.sim)), nil
}

func (l *ledger) release(t *timeline, e event) (*Record, *rejection) {
	r, no := t.settled(e)
	if no != nil {
		return nil, no
	}
	l.close(r, e.effective, Disconnected)
	return r, nil
}

func (l *ledger) transfer(t *timeline, e event) (*Record, *rejection) {
	r, no := t.changeable(e)
	if no != nil {
		return nil, no
	}
	to := party{e.toHolder, e.party.organisation, e.party.user}
	if to == r.party() {
		return nil, reject(ReasonUnchanged, "the number is that holder's already")
	}
	l.close(r, e.effective, Transferred)
	return l.open(e.number, to, e.effective, Transferred, handedOn(r, e.sim)), nil
}

func (l *ledger) changeUser(t *timeline, e event) (*Record, *rejection) {
	r, no := t.changeable(e)
	if no != nil {
		return nil, no
	}
	if !r.Organisation {
		return nil, reject(ReasonNotOrganisation, "the line is not an organisation's")
	}
	if e.party.user == r.User {
		return nil, reject(ReasonUnchanged, "the line is that user's already")
	}
	to := party{r.Holder, true, e.party.user}
	l.close(r, e.effective, UserChanged)
	n := l.open(e.number, to, e.effective, UserChanged, handedOn(r, e.sim))
	l.keepBarred(r, n)
	return n, nil
}

func (l *ledger) changeNumber(t *timeline, e event) (*Record, *rejection) {
	r, no := t.changeable(e)
	if no != nil {
		return nil, no
	}
	if e.toNumber == e.number {
		return nil, reject(ReasonUnchanged, "the new number is the old one")
	}
	if no := l.timeline(e.toNumber).vacantFrom(e.effective); no != nil {
		return nil, reject(no.reason, "the new number: "+no.message)
	}
	sims := named(e.sim)
	if len(sims) == 0 {
		sims = currentSIMs(r)
	}
	l.close(r, e.effective, NumberChanged)
	n := l.open(e.toNumber, r.party(), e.effective, NumberChanged, sims)
	l.keepBarred(r, n)
	return n, nil
}

func (l *ledger) portOut(t *timeline, e event) (*Record, *rejection) {
	r, no := t.settled(e)
	if no != nil {
		return nil, no
	}
	if r.OutOfSight {
		return nil, reject(ReasonUnchanged, "the number is ported out already")
	}
	r.OutOfSight = true
	l.note(r, WentOut, "", e.effective)
	return r, nil
}

// portIn brings a tenure back if it is the same holder's and was never disconnected; anything else opens a new one.
func (l *ledger) portIn(t *timeline, e event) (*Record, *rejection) {
	last := t.last()
	if last == nil || !last.OutOfSight || !last.open() {
		if no := t.vacantFrom(e.effective); no != nil {
			return nil, no
		}
		return l.open(e.number, e.party, e.effective, PortedIn, named(e.sim)), nil
	}
	if last.Opened.After(e.effective) || last.changedAfter(e.effective) {
		return nil, reject(ReasonContradicts, "later facts are recorded on the tenure")
	}
	if last.party() != e.party {
		l.close(last, e.effective, PortedIn)
		return l.open(e.number, e.party, e.effective, PortedIn, named(e.sim)), nil
	}
	last.OutOfSight = false
	l.note(last, CameBack, "", e.effective)
	if p := last.primary(); e.sim.IMSI != "" && (p == nil || !sameCard(p.SIM, e.sim)) {
		l.replaceSIMs(last, e.sim)
	}
	return last, nil
}

// bar records that a line was suspended or freed.
func (l *ledger) bar(t *timeline, e event, to, from FactKind) (*Record, *rejection) {
	r, no := t.inSight(e)
	if no != nil {
		return nil, no
	}
	last := r.lastFact(to, from, time.Time{})
	switch {
	case last.Effective.After(e.effective):
		return nil, reject(ReasonOutOfOrder, "a later suspension or resumption is recorded")
	case r.Suspended == (to == Suspended):
		return nil, reject(ReasonUnchanged, "the line is so already")
	}
	r.Suspended = to == Suspended
	l.note(r, to, "", e.effective)
	return r, nil
}

// open opens a tenure; the caller has seen to it that the number is vacant.
func (l *ledger) open(n simtrust.Number, p party, at time.Time, by Cause, sims []SIM) *Record {
	r := &Record{
		Tenure: simtrust.Tenure{ID: l.newID(), Number: n, Holder: p.holder, Opened: at, Anonymous: p.organisation && p.user == ""},
		User:   p.user, Organisation: p.organisation,
		OpenedBy: by, OpenedRecorded: l.recorded,
	}
	t := l.timeline(n)
	t.records = append(t.records, r)
	seq := r.next()
	for _, s := range sims {
		l.addSIM(r, s, at)
	}
	l.tell(r, seq, simtrust.TenureOpened{Tenure: r.ID, Seq: seq, Effective: at, Recorded: l.recorded})
	return r
}

func (l *ledger) close(r *Record, at time.Time, by Cause) {
	r.Closed, r.ClosedBy, r.ClosedRecorded = at, by, l.recorded
	seq := r.next()
	l.tell(r, seq, simtrust.TenureEnded{Tenure: r.ID, Seq: seq, Cause: string(by), Effective: at, Recorded: l.recorded})
}

func (l *ledger) note(r *Record, kind FactKind, value string, at time.Time) int64 {
	seq := r.next()
	r.Facts = append(r.Facts, Fact{Kind: kind, Value: value, Effective: at, Recorded: l.recorded, seq: seq})
	return seq
}

// keepBarred carries a suspension over to the tenure that the same holder goes on with: a new number or user frees nobody.
func (l *ledger) keepBarred(old, next *Record) {
	if old.Suspended {
		next.Suspended = true
		l.note(next, Suspended, "", next.Opened)
	}
}
