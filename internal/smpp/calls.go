package smpp

import (
	"sync"
	"time"
)

// calls are the requests of this side that have no answer yet, by sequence number.
type calls struct {
	mu     sync.Mutex
	last   uint32
	open   map[uint32]*call
	idle   []*call // to be used again
	closed bool
}

type call struct {
	command  Command
	deadline time.Time
	answer   chan answer // room for the one that comes
}

// answer is a response, or the error that stands for it.
type answer struct {
	pdu PDU
	err error
}

func newCalls() *calls { return &calls{open: map[uint32]*call{}} }

// start makes a call with a sequence number of its own.
func (s *calls) start(c Command, deadline time.Time) (uint32, *call, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, nil, ErrClosed
	}
	s.advance()
	k := s.blank()
	k.command, k.deadline = c, deadline
	s.open[s.last] = k
	return s.last, k, nil
}

func (s *calls) blank() *call {
	n := len(s.idle)
	if n == 0 {
		return &call{answer: make(chan answer, 1)}
	}
	k := s.idle[n-1]
	s.idle = s.idle[:n-1]
	return k
}

// take returns the call with that number, which nobody else gets then, or nil. Whoever takes it answers it.
func (s *calls) take(sequence uint32) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.open[sequence]
	delete(s.open, sequence)
	return k
}

// release gives back a call whose answer is read, or that its maker has taken.
func (s *calls) release(k *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, k)
}

// expire answers the calls whose deadline is before now.
func (s *calls) expire(now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sequence, k := range s.open {
		if k.deadline.Before(now) {
			delete(s.open, sequence)
			k.answer <- answer{err: err}
		}
	}
}

// close answers all calls, and makes no more.
func (s *calls) close(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for sequence, k := range s.open {
		delete(s.open, sequence)
		k.answer <- answer{err: err}
	}
}

// number returns a sequence number for a packet that nobody waits for the answer of.
func (s *calls) number() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return s.last
}

func (s *calls) advance() {
	for taken := true; taken; _, taken = s.open[s.last] {
		s.last = s.last%MaxSequence + 1
	}
}
