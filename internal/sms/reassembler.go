package sms

import (
	"bytes"
	"container/list"
	"errors"
	"sync"
	"time"
)

// Errors of putting messages together. The segment is refused; what came before stays.
var (
	ErrMixed = errors.New("sms: segments of different messages under one reference")
	ErrBusy  = errors.New("sms: too many messages are incomplete")
)

// Limits bound what a [Reassembler] holds.
type Limits struct {
	// Messages is how many incomplete messages there may be; a message holds 60 kB at most.
	Messages int
	// PerSender is how many of them one sender may have.
	PerSender int
	// Life is how long a message may take from its first segment to its last.
	Life time.Duration
}

// Reassembler puts long messages together. K is all that two segments of one message have in common beside their reference: sender
// and recipient, or the card. It is safe for concurrent use, and keeps nothing of the octets that it is given but copies.
type Reassembler[K comparable] struct {
	limits Limits

	mu      sync.Mutex
	open    map[reference[K]]*list.Element
	senders map[K]int
	byAge   *list.List // of *partial[K], the oldest first
}

type reference[K comparable] struct {
	sender K
	number uint16
	wide   bool
}

// partial is an incomplete message.
type partial[K comparable] struct {
	reference reference[K]
	since     time.Time
	dcs       DCS
	segments  []UserData // by number; a nil header: missing
	missing   int
}

// NewReassembler returns a reassembler that holds nothing.
func NewReassembler[K comparable](limits Limits) *Reassembler[K] {
	return &Reassembler[K]{limits: limits, open: map[reference[K]]*list.Element{}, senders: map[K]int{}, byAge: list.New()}
}

// Add takes a TPDU's user data. When a message is complete, with this segment or by itself, it returns the message and true: its
// body, and the header of its first segment without the concatenation element. A segment that is there already changes nothing.
// Networks repeat themselves: a message that comes twice, short or long, is returned twice.
//
// It fails with [ErrHeader], with [ErrMixed] where the segment contradicts those before it (another total, another data coding
// scheme, other octets under the same number), and with [ErrBusy] where the limits are reached. What has outlived its time at now is
// dropped first.
func (r *Reassembler[K]) Add(sender K, dcs DCS, u UserData, now time.Time) (UserData, bool, error) {
	if !u.Header.Valid() {
		return UserData{}, false, ErrHeader
	}
	at, long, err := u.Header.Concatenation()
	if err != nil {
		return UserData{}, false, err
	}
	if !long {
		return u.clone(), true, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(now)
	e, err := r.message(reference[K]{sender, at.Reference, at.Wide}, at, dcs, now)
	if err != nil {
		return UserData{}, false, err
	}
	p := e.Value.(*partial[K])
	if err := p.add(at, dcs, u); err != nil || p.missing > 0 {
		return UserData{}, false, err
	}
	r.drop(e)
	return p.whole(), true, nil
}

// Expire drops the messages that have outlived their time at now, and returns how many are left.
func (r *Reassembler[K]) Expire(now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire(now)
	return len(r.open)
}

func (r *Reassembler[K]) expire(now time.Time) {
	for e := r.byAge.Front(); e != nil && now.Sub(e.Value.(*partial[K]).since) >= r.limits.Life; e = r.byAge.Front() {
		r.drop(e)
	}
}

// message returns the incomplete message that a segment belongs to, a new one where there is none.
func (r *Reassembler[K]) message(ref reference[K], at Concatenation, dcs DCS, now time.Time) (*list.Element, error) {
	if e, ok := r.open[ref]; ok {
		return e, nil
	}
	if len(r.open) >= r.limits.Messages || r.senders[ref.sender] >= r.limits.PerSender {
		return nil, ErrBusy
	}
	e := r.byAge.PushBack(&partial[K]{
		reference: ref, since: now, dcs: dcs, segments: make([]UserData, at.Total), missing: int(at.Total),
	})
	r.open[ref] = e
	r.senders[ref.sender]++
	return e, nil
}

func (r *Reassembler[K]) drop(e *list.Element) {
	ref := r.byAge.Remove(e).(*partial[K]).reference
	delete(r.open, ref)
	if r.senders[ref.sender]--; r.senders[ref.sender] == 0 {
		delete(r.senders, ref.sender)
	}
}

func (p *partial[K]) add(at Concatenation, dcs DCS, u UserData) error {
	if int(at.Total) != len(p.segments) || dcs != p.dcs {
		return ErrMixed
	}
	s := &p.segments[at.Number-1]
	if s.Header != nil {
		if !bytes.Equal(s.Header, u.Header) || !bytes.Equal(s.Body, u.Body) {
			return ErrMixed
		}
		return nil
	}
	*s = u.clone()
	p.missing--
	return nil
}

func (p *partial[K]) whole() UserData {
	size := 0
	for _, s := range p.segments {
		size += len(s.Body)
	}
	u := UserData{Header: p.segments[0].Header.withoutConcatenation(), Body: make([]byte, 0, size)}
	for _, s := range p.segments {
		u.Body = append(u.Body, s.Body...)
	}
	return u
}

func (u UserData) clone() UserData {
	return UserData{Header: bytes.Clone(u.Header), Body: bytes.Clone(u.Body)}
}

// withoutConcatenation returns the other elements as a header, nil where there are none.
func (h Header) withoutConcatenation() Header {
	out := Header{0}
	for e := range h.All() {
		if e.ID != ElementConcatenation && e.ID != ElementConcatenationWide {
			out = append(append(out, e.ID, byte(len(e.Data))), e.Data...)
		}
	}
	if len(out) == 1 {
		return nil
	}
	out[0] = byte(len(out) - 1)
	return out
}
