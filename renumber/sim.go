package renumber

import (
	"time"

	"simtrust"
)

// changeSIM replaces the primary SIM or adds a further one. The first SIM of a tenure is its primary whichever the event.
func (l *ledger) changeSIM(t *timeline, e event) (*Record, *rejection) {
	r, no := t.inSight(e)
	if no != nil {
		return nil, no
	}
	if r.lastSIM().After(e.effective) {
		return nil, reject(ReasonOutOfOrder, "a later change of SIM is recorded")
	}
	primary := r.primary()
	switch {
	case primary == nil:
		e.sim.Primary = true
		l.addSIM(r, e.sim, e.effective)
	case e.kind == NewSIM && sameCard(primary.SIM, e.sim), e.kind == AddSIM && serves(r, e.sim):
		return nil, reject(ReasonUnchanged, "the SIM serves the number already")
	case e.kind == NewSIM:
		l.replacePrimary(r, e.sim)
	default:
		l.addSIM(r, e.sim, e.effective)
	}
	return r, nil
}

// replacePrimary puts a card in the primary's place. If it was in the set beside the primary, it moves.
func (l *ledger) replacePrimary(r *Record, s SIM) {
	for i := range r.SIMs {
		if o := &r.SIMs[i]; o.current() && (o.Primary || sameCard(o.SIM, s)) {
			l.endSIM(o, s.Since)
		}
	}
	l.changePrimary(r, s)
}

// replaceSIMs puts one card in the place of the whole set: what was issued before a port-out does not come back.
func (l *ledger) replaceSIMs(r *Record, s SIM) {
	for i := range r.SIMs {
		if o := &r.SIMs[i]; o.current() {
			l.endSIM(o, s.Since)
		}
	}
	l.changePrimary(r, s)
}

func (l *ledger) changePrimary(r *Record, s SIM) {
	had := len(r.SIMs) > 0
	seq := l.addSIM(r, s, s.Since)
	if had {
		l.tell(r, seq, simtrust.SIMChanged{Tenure: r.ID, Seq: seq, Effective: s.Since, Recorded: l.recorded})
	}
}

func (l *ledger) addSIM(r *Record, s SIM, at time.Time) int64 {
	s.Since = at
	seq := r.next()
	r.SIMs = append(r.SIMs, SIMSpan{SIM: s, Recorded: l.recorded, seq: seq})
	return seq
}

func (l *ledger) endSIM(s *SIMSpan, at time.Time) {
	s.Until, s.UntilRecorded, s.ended = at, l.recorded, true
}

// sameCard compares the pairing of card and subscription: either alone being new is a change of SIM.
func sameCard(a, b SIM) bool { return a.ICCID == b.ICCID && a.IMSI == b.IMSI }

func serves(r *Record, s SIM) bool {
	for _, o := range r.SIMs {
		if o.current() && sameCard(o.SIM, s) {
			return true
		}
	}
	return false
}

// named is the set that an event names: one primary SIM or none.
func named(s SIM) []SIM {
	if s.IMSI == "" {
		return nil
	}
	return []SIM{s}
}

func currentSIMs(r *Record) []SIM {
	var sims []SIM
	for _, s := range r.SIMs {
		if s.current() {
			sims = append(sims, s.SIM)
		}
	}
	return sims
}

// handedOn is the set that another person takes over: the SIM the event names, else the primary. A second card, a watch perhaps,
// stays behind in the hands of the one before, and so must not serve the new tenure.
func handedOn(r *Record, s SIM) []SIM {
	if s.IMSI != "" {
		return []SIM{s}
	}
	if p := r.primary(); p != nil {
		return []SIM{p.SIM}
	}
	return nil
}

// changeDevice records that the SIM moved into another phone. The first phone of a tenure is recorded and is no change.
func (l *ledger) changeDevice(t *timeline, e event) (*Record, *rejection) {
	r, no := t.inSight(e)
	if no != nil {
		return nil, no
	}
	return r, l.foundDevice(r, e.device, e.effective)
}

// foundDevice records the phone seen at an instant.
func (l *ledger) foundDevice(r *Record, device string, at time.Time) *rejection {
	switch {
	case r.Device == device:
		return reject(ReasonUnchanged, "the phone is that one already")
	case r.DeviceSince.After(at):
		return reject(ReasonOutOfOrder, "a later change of phone is recorded")
	}
	had := r.Device != ""
	r.Device, r.DeviceSince = device, at
	seq := l.note(r, DeviceFound, device, at)
	if had {
		l.tell(r, seq, simtrust.DeviceChanged{Tenure: r.ID, Seq: seq, Effective: at, Recorded: l.recorded})
	}
	return nil
}
