package optin

import (
	"time"

	"simtrust"
)

// Action names a change in the record.
type Action string

// The actions, and whose they are.
const (
	ActionOptIn      Action = "opt_in"     // the sender's
	ActionRenewal    Action = "renewal"    // the sender's: an opt-in after RECIPIENT_CHANGED
	ActionWithdrawal Action = "withdrawal" // the sender's
	ActionStart      Action = "start"      // the person's, from their phone
	ActionRefusal    Action = "refusal"    // the person's
	ActionDispute    Action = "dispute"    // of a late fact of the operator's
	ActionEnd        Action = "end"        // of the tenure
)

// Change is one line of the record of changes.
type Change struct {
	Chatbot string
	Tenure  simtrust.TenureID
	Seq     int64
	Action  Action
	At      time.Time
	// Client is whose credential stated it; empty where the person or the operator did.
	Client   string
	Basis    Basis
	Obtained time.Time
	Evidence string
}

// request is a change that somebody asks for. Entry is as it would be if nothing stood against it.
type request struct {
	Entry
	action Action
	client string
	// holds is the tenure that holds the number now; Entry.Tenure is it too where it held the number when the opt-in was obtained.
	holds simtrust.TenureID
}

// ledger is the part of the record that one batch touches, and the rules by which it changes. It knows no store.
type ledger struct {
	entries map[hash][]*Entry
	// told is when a chatbot was told of a number that its recipient had changed.
	told map[hash]time.Time
	// renew counts a renewal against the chatbot's limit, and is false where that is used up.
	renew func(chatbot string, at time.Time) bool
	// mayTell says whether the chatbot may be told of another change of recipient today, and count counts one.
	mayTell func(chatbot string, at time.Time) bool
	count   func(chatbot string, at time.Time)

	dirty    map[*Entry]bool
	newsTold map[hash]bool
	changes  []Change
}

// apply makes one change and returns the entry as it is then.
func (l *ledger) apply(r request) (Entry, error) {
	switch r.action {
	case ActionOptIn:
		return l.optIn(r)
	case ActionWithdrawal:
		l.withdraw(r)
		return Entry{}, nil
	default: // ActionStart, ActionRefusal: the person's own
		return l.settle(r), nil
	}
}

// optIn binds an opt-in; one that is active stays as it is. A request without a tenure is one whose recipient has changed. Nothing is
// bound that was obtained before the sender was told so, and that answer teaches nothing new. Nor do answers about somebody who is known
// already: they depend on what the sender itself has said of them, so that no instant tells since when they hold the number.
func (l *ledger) optIn(r request) (Entry, error) {
	e := l.entry(r.number, r.holds)
	switch {
	case !l.mayTell(r.Chatbot, r.Recorded):
		return Entry{}, errTold
	case r.Obtained.Before(l.told[r.number]):
		return Entry{}, errChanged
	case e == nil && r.Tenure == "", e != nil && e.State == StateEnded:
		return Entry{}, l.changed(r)
	case e == nil:
		return l.first(r)
	case e.State == StateRefused:
		return Entry{}, errRefused
	case e.State == StateActive && (e.Basis == Consent || r.Basis == Contract):
		return *e, nil
	case r.Obtained.Before(e.since()):
		return Entry{}, errSuperseded
	case r.Tenure != e.Tenure: // of which a late fact has changed the beginning
		return Entry{}, l.changed(r)
	}
	l.put(e, r)
	return *e, nil
}

// changed tells the sender that the recipient has changed.
func (l *ledger) changed(r request) error {
	l.told[r.number], l.newsTold[r.number] = r.Recorded, true
	l.count(r.Chatbot, r.Recorded)
	return errChanged
}

// first binds the first opt-in of a tenure. It is a renewal where the chatbot knew another holder of the number.
func (l *ledger) first(r request) (Entry, error) {
	if l.renewal(r.number) {
		r.action = ActionRenewal
		if !l.renew(r.Chatbot, r.Recorded) {
			return Entry{}, errLimit
		}
	}
	return *l.open(r), nil
}

func (l *ledger) renewal(n hash) bool {
	if !l.told[n].IsZero() {
		return true
	}
	for _, e := range l.entries[n] {
		if e.opted() {
			return true
		}
	}
	return false
}

// settle does what the person says, whatever was before. A refusal keeps what the opt-in rested on.
func (l *ledger) settle(r request) Entry {
	e := l.entry(r.number, r.Tenure)
	switch {
	case e == nil:
		return *l.open(r)
	case e.State == r.State && (r.action == ActionRefusal || e.Basis == Consent):
		return *e
	case r.action == ActionRefusal:
		r.Basis, r.Obtained, r.Evidence, r.Recorded = e.Basis, e.Obtained, e.Evidence, e.Recorded
	}
	l.put(e, r)
	return *e
}

// withdraw takes back whatever the chatbot has under a number, on this tenure and on earlier ones. A refusal stays.
func (l *ledger) withdraw(r request) {
	for _, e := range l.entries[r.number] {
		if e.State == StateRefused || e.State == StateWithdrawn {
			continue
		}
		next := r
		next.Entry = *e
		next.State, next.Changed = StateWithdrawn, r.Changed
		l.put(e, next)
	}
}

func (l *ledger) entry(n hash, tenure simtrust.TenureID) *Entry {
	for _, e := range l.entries[n] {
		if e.Tenure == tenure {
			return e
		}
	}
	return nil
}

func (l *ledger) open(r request) *Entry {
	e := &Entry{}
	l.entries[r.number] = append(l.entries[r.number], e)
	l.put(e, r)
	return e
}

// put writes a request into an entry, and a line into the record of changes.
func (l *ledger) put(e *Entry, r request) {
	seq := e.seq + 1
	*e = r.Entry
	e.seq = seq
	l.dirty[e] = true
	l.changes = append(l.changes, changeOf(e, r.action, r.client))
}

func changeOf(e *Entry, action Action, client string) Change {
	return Change{
		Chatbot: e.Chatbot, Tenure: e.Tenure, Seq: e.seq, Action: action, At: e.Changed, Client: client,
		Basis: e.Basis, Obtained: e.Obtained, Evidence: e.Evidence,
	}
}
