package sandbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"
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
		msg.arrived = f.At
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

func (m *mail) close() error { return m.journal.close() }
