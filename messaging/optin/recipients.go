package optin

import (
	"context"
	"time"

	"simtrust"
)

// Question says what for recipients are looked up.
type Question struct {
	Chatbot string
	Class   Class
	// SIMChangedWithin holds back those whose SIM was replaced less than so long ago; 0: nobody.
	SIMChangedWithin time.Duration
}

// Recipient is the answer for one number or tenure. Err is nil or of the reasons [ReasonRecipientChanged], [ReasonNoOptIn],
// [ReasonRefused] and [ReasonSIMChanged]; with it there is no tenure beside a number, and no number beside a tenure.
type Recipient struct {
	Number simtrust.Number
	Tenure simtrust.TenureID
	Err    error
}

// Recipients says who under numbers may be written to now, in their order. A number that nobody holds and one that never opted in
// have the same answer after the same work. Errors: KindInvalid with [ReasonClass]; KindUnavailable, and then nobody may.
func (s *Service) Recipients(ctx context.Context, q Question, numbers []simtrust.Number) ([]Recipient, error) {
	if err := q.Class.check(); err != nil {
		return nil, err
	}
	held, err := s.holding(ctx, numbers)
	if err != nil {
		return nil, err
	}
	hashes, hashOf := make([]hash, len(numbers)), s.hasher(q.Chatbot)
	for i, n := range numbers {
		hashes[i] = hashOf(n)
	}
	entries, err := byNumber(ctx, s.db, hashes)
	if err != nil {
		return nil, err
	}
	now := s.now()
	out := make([]Recipient, len(numbers))
	for i, n := range numbers {
		h := held[n]
		out[i] = Recipient{Number: n, Tenure: h.tenure, Err: q.decide(h, entries[hashes[i]], now)}
		if out[i].Err != nil {
			out[i].Tenure = ""
		}
	}
	return out, nil
}

// Still says which tenures may be written to now, in their order, with the numbers they hold: what is asked again before every
// submit. Errors as of [Service.Recipients].
func (s *Service) Still(ctx context.Context, q Question, tenures []simtrust.TenureID) ([]Recipient, error) {
	if err := q.Class.check(); err != nil {
		return nil, err
	}
	live, err := s.live(ctx, tenures)
	if err != nil {
		return nil, err
	}
	entries, err := byTenure(ctx, s.db, q.Chatbot, tenures)
	if err != nil {
		return nil, err
	}
	now := s.now()
	out := make([]Recipient, len(tenures))
	for i, t := range tenures {
		h, ok := live[t]
		out[i] = Recipient{Number: h.number, Tenure: t, Err: errChanged}
		if ok {
			out[i].Err = q.decide(h, entries[t], now)
		}
		if out[i].Err != nil {
			out[i].Number = simtrust.Number{}
		}
	}
	return out, nil
}

// decide says whether the holder of a number, zero for none, may be written to, by the chatbot's entries about the number.
func (q Question) decide(h holder, entries []*Entry, now time.Time) error {
	was := false
	for _, e := range entries {
		if h.tenure != "" && e.Tenure == h.tenure {
			if err := e.allows(q.Class); err != nil {
				return err
			}
			return q.heldBack(h, now)
		}
		was = was || e.bound()
	}
	if was {
		return errChanged
	}
	return errNoOptIn
}

func (q Question) heldBack(h holder, now time.Time) error {
	if h.simChanged.After(h.opened) && now.Sub(h.simChanged) < q.SIMChangedWithin {
		return errSIMChanged
	}
	return nil
}
