package sandbox

import "simtrust"

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
