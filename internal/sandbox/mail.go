package sandbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// mail is what the operator's gateways have taken for phones, and what the phones have got of it: kept for every tenure by itself, so
// that who gets a number finds an empty inbox.
type mail struct {
	// phone says who has a number and what their phone can do; "" where nobody has it in this network.
	phone func(number string) (tenure string, d device)
	// verify reports whether a message's statement proves its sender. An error puts the message off.
	verify func(context.Context, *message) (bool, error)
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	changed chan struct{} // closed at every change
	journal *journal
	byID    map[string]*message
	byKey   map[string]*message   // a nil message: the key is refused for good
	waiting map[string]*message   // by ID
	untold  map[string]*message   // by ID
	inboxes map[string][]*message // by tenure, as they came
	parts   map[partsOf][]*message
}

// message is one that a gateway took, or that a person wrote.
type message struct {
	ID      string `json:"id"`  // that of the inbox, never given twice
	Key     string `json:"key"` // the gateway's
	Tenure  string `json:"tenure"`
	Number  string `json:"number"`
	Channel string `json:"channel"` // rcs, enhanced, card-sms or sms
	// Sender is the chatbot's service id, or the source address of a text message; of what a person wrote it is who it went to.
	Sender string `json:"sender"`
	Name   string `json:"name,omitempty"`
	// Reference is the same on copies of which a phone shows one.
	Reference   string    `json:"reference,omitempty"`
	ContentType string    `json:"content_type"`
	Body        string    `json:"body"`
	Statement   string    `json:"statement,omitempty"`
	Salt        string    `json:"salt,omitempty"`
	Taken       time.Time `json:"taken"`
	Expires     time.Time `json:"expires,omitzero"`
	Own         bool      `json:"own,omitempty"` // written by the person
	SMS         *smsFacts `json:"sms,omitempty"`
	fate

	told string // the state that the gateway's client knows
}

// smsFacts is what the service centre knows of a text message.
type smsFacts struct {
	System      string          `json:"system"` // whose it is
	Source      sms.Address     `json:"source"`
	Destination sms.Address     `json:"destination"`
	Registered  smpp.Registered `json:"registered"`
	Part        *smsPart        `json:"part,omitempty"`
}

// smsPart is the place of a segment in a long message.
type smsPart struct {
	Reference uint16 `json:"reference"`
	Total     int    `json:"total"`
	Number    int    `json:"number"`
}

// asked reports whether the client wants a receipt of a state.
func (f *smsFacts) asked(state string) bool {
	got := state == mailDelivered || state == mailDisplayed
	return f.Registered&smpp.RegisteredFinal != 0 || f.Registered&smpp.RegisteredFailure != 0 && !got
}

// fate is what has become of a message.
type fate struct {
	State    string    `json:"state"`
	At       time.Time `json:"at"`
	Verified bool      `json:"verified,omitempty"`
}

// States of a message, in the words of the RCS gateway.
const (
	mailAccepted  = "accepted"
	mailDelivered = "delivered"
	mailDisplayed = "displayed"
	mailFailed    = "failed"
	mailExpired   = "expired"
	mailRevoked   = "revoked"
	mailSent      = "sent" // by the person
)

// entry is one line of the journal, of which exactly one member is there.
type entry struct {
	Taken   *message `json:"taken,omitempty"`
	Refused string   `json:"refused,omitempty"` // a key
	Changed *change  `json:"changed,omitempty"`
	Told    *telling `json:"told,omitempty"`
}

type change struct {
	ID string `json:"id"`
	fate
}

type telling struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

const mailFile = "messages.jsonl"

// openMail returns the mail that is kept in dir. It delivers nothing before run.
func openMail(dir string, now func() time.Time, log *slog.Logger) (*mail, error) {
	m := &mail{now: now, log: log, changed: make(chan struct{}), byID: map[string]*message{}, byKey: map[string]*message{},
		waiting: map[string]*message{}, untold: map[string]*message{}, inboxes: map[string][]*message{},
		parts: map[partsOf][]*message{}}
	var err error
	m.journal, err = openJournal(filepath.Join(dir, mailFile), func(line []byte) error {
		var e entry
		err := json.Unmarshal(line, &e)
		if err == nil {
			m.apply(e)
		}
		return err
	})
	return m, err
}

// write makes entries durable and then true. It needs the lock.
func (m *mail) write(entries ...entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := m.journal.append(entries...); err != nil {
		return err
	}
	for _, e := range entries {
		m.apply(e)
	}
	m.change()
	return nil
}

// change wakes those who wait. It needs the lock.
func (m *mail) change() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// stir has what waits looked at again, since a phone has changed.
func (m *mail) stir() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change()
}

// changes is closed at the next change.
func (m *mail) changes() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

func (m *mail) apply(e entry) {
	switch {
	case e.Taken != nil:
		m.add(e.Taken)
	case e.Changed != nil:
		if msg := m.byID[e.Changed.ID]; msg != nil {
			m.become(msg, e.Changed.fate)
		}
	case e.Told != nil:
		if msg := m.byID[e.Told.ID]; msg != nil {
			msg.told = e.Told.State
			m.settle(msg)
		}
	default:
		m.byKey[e.Refused] = nil
	}
}

func (m *mail) add(msg *message) {
	m.byID[msg.ID] = msg
	if msg.Own {
		m.inboxes[msg.Tenure] = append(m.inboxes[msg.Tenure], msg)
		return
	}
	m.byKey[msg.Key] = msg
	m.settle(msg)
}

// become gives a message another state. A phone shows one of several copies, and a long text when it is whole.
func (m *mail) become(msg *message, f fate) {
	arrived := msg.State == mailAccepted && f.State == mailDelivered
	msg.fate = f
	if arrived {
		if whole := m.joined(msg); whole != nil && !m.shows(whole) {
			m.inboxes[msg.Tenure] = append(m.inboxes[msg.Tenure], whole)
		}
	}
	m.settle(msg)
}

func (m *mail) shows(msg *message) bool {
	return msg.Reference != "" && slices.ContainsFunc(m.inboxes[msg.Tenure], func(other *message) bool {
		return other.Reference == msg.Reference && !other.Own
	})
}

// settle keeps the lists of what is still to be done.
func (m *mail) settle(msg *message) {
	delete(m.waiting, msg.ID)
	delete(m.untold, msg.ID)
	switch {
	case msg.State == mailAccepted:
		m.waiting[msg.ID] = msg
	case msg.news():
		m.untold[msg.ID] = msg
	}
}

// news reports whether the gateway's client is to be told of the state: of a text message only how it ended, and only if it asked.
func (msg *message) news() bool {
	switch {
	case msg.Own:
		return false
	case msg.SMS != nil:
		return msg.told == "" && msg.SMS.asked(msg.State)
	default:
		return msg.told != msg.State
	}
}

// outcome is the answer to a message that a gateway was given.
type outcome struct {
	State  string `json:"state"`
	Ref    string `json:"ref,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// take takes messages, each Key once. What it answers as accepted is durable.
func (m *mail) take(list []*message) ([]outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]outcome, len(list))
	fresh := map[string]*message{}
	var entries []entry
	for i, msg := range list {
		known, seen := m.byKey[msg.Key]
		if !seen {
			known, seen = fresh[msg.Key]
		}
		switch {
		case seen && known == nil:
			out[i] = outcome{State: "rejected", Reason: "refused"}
		case seen:
			out[i] = outcome{State: mailAccepted, Ref: known.ID}
		default:
			if out[i] = m.admit(msg); out[i].State == mailAccepted {
				fresh[msg.Key], entries = msg, append(entries, entry{Taken: msg})
			}
		}
	}
	return out, m.write(entries...)
}

// admit says what becomes of a message that is new.
func (m *mail) admit(msg *message) outcome {
	tenure, d := m.phone(msg.Number)
	switch {
	case tenure == "" || msg.SMS == nil && !d.RCS:
		return outcome{State: "unreachable"}
	case !msg.Expires.IsZero() && !msg.Expires.After(m.now()):
		return outcome{State: "rejected", Reason: "expired"}
	}
	msg.ID, msg.Tenure, msg.Taken = simtrust.NewID("inb"), tenure, m.now()
	msg.fate = fate{State: mailAccepted, At: msg.Taken}
	return outcome{State: mailAccepted, Ref: msg.ID}
}

// query says what has become of a message. A key that was never taken is never taken after this.
func (m *mail) query(keys []string) ([]outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]outcome, len(keys))
	var entries []entry
	for i, key := range keys {
		msg, seen := m.byKey[key]
		switch {
		case msg != nil:
			out[i] = outcome{State: msg.State, Ref: msg.ID}
		default:
			out[i].State = "not_taken"
			if !seen {
				entries = append(entries, entry{Refused: key})
			}
		}
	}
	return out, m.write(entries...)
}

// lookUp returns the message with a key as it is now.
func (m *mail) lookUp(key string) (message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	msg := m.byKey[key]
	if msg == nil {
		return message{}, false
	}
	return *msg, true
}

// revoke takes back what is not delivered yet.
func (m *mail) revoke(keys []string) ([]outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]outcome, len(keys))
	var entries []entry
	for i, key := range keys {
		switch msg := m.byKey[key]; {
		case msg == nil:
			out[i].State = "unknown"
		case msg.State == mailAccepted:
			out[i].State, entries = mailRevoked, append(entries, entry{Changed: &change{msg.ID, fate{State: mailRevoked, At: m.now()}}})
		case msg.State == mailDelivered || msg.State == mailDisplayed:
			out[i].State = "too_late"
		default: // it will not arrive
			out[i].State = mailRevoked
		}
	}
	return out, m.write(entries...)
}

func (m *mail) close() error { return m.journal.close() }
