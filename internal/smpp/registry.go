package smpp

import (
	"slices"
	"sync"
)

// registry are the bound sessions by system_id.
type registry struct {
	mu       sync.Mutex
	max      int // of one system_id
	sessions map[string][]*Session
}

func newRegistry(limit int) *registry {
	return &registry{max: limit, sessions: map[string][]*Session{}}
}

// add returns false where the ESME has as many as it may.
func (r *registry) add(systemID string, s *Session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sessions[systemID]) >= r.max {
		return false
	}
	s.systemID.Store(&systemID)
	r.sessions[systemID] = append(r.sessions[systemID], s)
	return true
}

func (r *registry) remove(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := s.SystemID()
	left := slices.DeleteFunc(r.sessions[name], func(other *Session) bool { return other == s })
	if len(left) == 0 {
		delete(r.sessions, name)
		return
	}
	r.sessions[name] = left
}

// receiver returns the session whose turn it is of those that receive, or nil.
func (r *registry) receiver(systemID string) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.sessions[systemID]
	for i, s := range all {
		if s.Mode().Receives() {
			copy(all[i:], all[i+1:]) // to the end of the queue
			all[len(all)-1] = s
			return s
		}
	}
	return nil
}

// receiving are the system_ids that have a session which receives, in order.
func (r *registry) receiving() (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, all := range r.sessions {
		if slices.ContainsFunc(all, func(s *Session) bool { return s.Mode().Receives() }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
