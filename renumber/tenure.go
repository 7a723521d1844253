package renumber

import (
	"time"

	"simtrust"
)

// Cause says why a tenure opened or closed.
type Cause string

// The causes. Transferred, NumberChanged, UserChanged and PortedIn close one tenure and open another.
const (
	Assigned      Cause = "assigned"
	Disconnected  Cause = "disconnected"
	Transferred   Cause = "transferred"
	NumberChanged Cause = "number-changed"
	UserChanged   Cause = "user-changed"
	PortedIn      Cause = "ported-in"
)

// SIM is a card in a tenure's set, since an effective instant.
type SIM struct {
	ICCID, IMSI string
	Primary     bool
	Since       time.Time
}

// Holding is a current tenure with the SIMs that serve it now.
type Holding struct {
	simtrust.Tenure
	SIMs []SIM
	// SIMChanged and SIMChangedRecorded are the instants since which the primary SIM serves the number, zero without one.
	SIMChanged, SIMChangedRecorded time.Time
	// Device is the phone, as the 14 digits of type allocation code and serial number; empty when never reported.
	Device      string
	DeviceSince time.Time
}

// SIMSpan is one card's time in a tenure's set. It ends with its tenure at the latest.
type SIMSpan struct {
	SIM
	Recorded, Until, UntilRecorded time.Time
	seq                            int64
	ended                          bool // in this batch
}

func (s SIMSpan) current() bool { return s.Until.IsZero() }

// FactKind names a dated fact on a tenure.
type FactKind string

// The kinds of fact. Device carries the phone as its value, the others none.
const (
	Suspended   FactKind = "suspended"
	Resumed     FactKind = "resumed"
	WentOut     FactKind = "ported-out"
	CameBack    FactKind = "ported-in"
	DeviceFound FactKind = "device"
)

// Fact is something that happened to a tenure at an instant without opening or closing it.
type Fact struct {
	Kind                FactKind
	Value               string
	Effective, Recorded time.Time
	seq                 int64
}

// Record is everything kept about one tenure.
type Record struct {
	simtrust.Tenure
	// Organisation says that the holder is one; User is the operator's reference to the person it named, or empty.
	Organisation                   bool
	User                           string
	OpenedBy, ClosedBy             Cause
	OpenedRecorded, ClosedRecorded time.Time
	Device                         string
	DeviceSince                    time.Time
	SIMs                           []SIMSpan
	Facts                          []Fact

	seq    int64 // the counter: of the last SIM, fact or event
	stored int64 // what the store holds of it: 0 for a tenure that is new
}

func (r *Record) open() bool { return r.Closed.IsZero() }

func (r *Record) next() int64 {
	r.seq++
	return r.seq
}

// party is who a tenure belongs to: when any part of it changes, so does the tenure.
type party struct {
	holder       simtrust.HolderID
	organisation bool
	user         string
}

func (r *Record) party() party { return party{r.Holder, r.Organisation, r.User} }

// primary returns the primary SIM of the set as it is now, or nil.
func (r *Record) primary() *SIMSpan {
	for i := range r.SIMs {
		if s := &r.SIMs[i]; s.Primary && s.current() {
			return s
		}
	}
	return nil
}

// lastSIM is the latest instant at which the set of SIMs changed.
func (r *Record) lastSIM() time.Time {
	var last time.Time
	for _, s := range r.SIMs {
		last = later(last, later(s.Since, s.Until))
	}
	return last
}

// lastFact returns the latest fact of two opposite kinds that took effect by an instant, ever when it is zero; or the zero Fact.
func (r *Record) lastFact(on, off FactKind, by time.Time) Fact {
	var last Fact
	for _, f := range r.Facts {
		if (f.Kind == on || f.Kind == off) && (by.IsZero() || !f.Effective.After(by)) && !f.Effective.Before(last.Effective) {
			last = f
		}
	}
	return last
}

// outOfSightAt reports whether the number was ported out at an instant.
func (r *Record) outOfSightAt(at time.Time) bool {
	return r.lastFact(WentOut, CameBack, at).Kind == WentOut
}

// changedAfter reports whether the feed says of the tenure anything later than at. Devices do not count: the network's
// observation of a phone must never keep the operator from saying that the holder had gone.
func (r *Record) changedAfter(at time.Time) bool {
	if r.lastSIM().After(at) {
		return true
	}
	for _, f := range r.Facts {
		if f.Kind != DeviceFound && f.Effective.After(at) {
			return true
		}
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
