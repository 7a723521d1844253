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

// Spend takes n messages now from a chatbot's quotas, in a transaction that it shares with other callers: many at once cost little more
// than one. Errors: KindLimited with the reason of the quota; KindDenied with [ReasonSuspended] or [ReasonNotVerified]; KindNotFound with
// [ReasonUnknownBot]; KindInvalid with [ReasonCount].
func (s *Service) Spend(ctx context.Context, chatbot string, n int64) error {
	_, err := s.takings.Do(ctx, Taking{chatbot, n, s.Now()})
	return err
}

// Take takes n messages from a chatbot's quotas in the caller's transaction: all of them or none. The errors are those of Spend.
func (s *Service) Take(ctx context.Context, tx *sqldb.Tx, chatbot string, n int64, at time.Time) error {
	refused, err := s.TakeAll(ctx, tx, []Taking{{chatbot, n, at}})
	if err != nil {
		return err
	}
	return refused[0]
}

// TakeAll is Take for many, in the order they came: one that finds too little left takes nothing, and a smaller one after it may still find
// enough. It locks the chatbots' counters until the transaction ends, in the order of their ids, so it is right at any isolation. refused
// has the answer to each; err means that nothing may be committed.
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

// takeBatch answers what was taken at once.
func (s *Service) takeBatch(ctx context.Context, tx *sqldb.Tx, batch []Taking) ([]sqldb.Result[struct{}], error) {
	refused, err := s.TakeAll(ctx, tx, batch)
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[struct{}], len(refused))
	for i, err := range refused {
		results[i].Err = err
	}
	return results, nil
}
