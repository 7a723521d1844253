package sender

import (
	"context"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

// Taking is so many messages by a chatbot, at an instant.
type Taking struct {
	Chatbot string
	N       int64
	At      time.Time
}

// TakeAll takes messages from chatbots' quotas in the caller's transaction, so that a message is counted if and only if it is accepted. Each
// taking gets all of its messages or none; they are answered in the order they came, and one that finds too little left does not stop a
// smaller one after it. A caller that merges what comes at once (sqldb.Coalescer) writes each counter once for all of it. The chatbots' counters
// are locked until the transaction ends, in the order of their ids: it is right at any isolation.
//
// refused has the answer to each: KindLimited with the reason of the quota; KindDenied with [ReasonSuspended] or [ReasonNotVerified];
// KindNotFound with [ReasonUnknownBot]; KindInvalid with [ReasonCount]. err means that nothing may be committed.
func (s *Service) TakeAll(ctx context.Context, tx *sqldb.Tx, takings []Taking) (refused []error, err error) {
	ids := chatbotsOf(takings)
	counters, err := lockCounters(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	purses, err := readPurses(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	refused = make([]error, len(takings))
	for i, t := range takings {
		refused[i] = s.take(counters[t.Chatbot], purses[t.Chatbot], t)
	}
	return refused, writeCounters(ctx, tx, ids, counters)
}

// chatbotsOf are the chatbots, each once, in order. What is no id is left out: it may not even be text to the store.
func chatbotsOf(takings []Taking) (ids []string) {
	for _, t := range takings {
		if isID(chatbotID, t.Chatbot) {
			ids = append(ids, t.Chatbot)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// purse is what a chatbot may take from, and whether it may.
type purse struct {
	quotas                         Quotas
	verified, suspended, throttled time.Time
}

func (s *Service) take(c *counter, p *purse, t Taking) error {
	switch {
	case c == nil || p == nil:
		return errUnknownChatbot
	case t.N < 1:
		return invalid(ReasonCount, "there is nothing to be counted")
	case !p.suspended.IsZero():
		return errSuspended
	case p.verified.IsZero():
		return errNotVerified
	}
	c.roll(t.At, s.cfg.Zone)
	return c.take(t.N, s.quotas(p, t.At))
}

// quotas are those that a chatbot has at an instant.
func (s *Service) quotas(p *purse, at time.Time) Quotas {
	if p.throttled.After(at) {
		return p.quotas.part(s.cfg.Spam.Percent)
	}
	return p.quotas
}
