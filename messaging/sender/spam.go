package sender

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// SpamReport says that a recipient called a message spam.
type SpamReport struct {
	Chatbot string // who sent the message, as the sender of messages knows
	Message string
	Tenure  simtrust.TenureID
	// Kind is the recipient's word for it, up to 50 octets (spamType).
	Kind string
}

const maxSpamKind = 50

// Report counts a report, and slows down or stops the chatbot where there are too many. One tenure counts once for a message, and in the
// score of a chatbot once at all: one person cannot stop a sender. counted is false for a report that was there before. Errors: KindDenied with
// [ReasonNotDelivered] where the message never reached the tenure; KindNotFound with [ReasonUnknownBot]; KindInvalid with [ReasonSpamKind];
// KindUnavailable.
func (s *Service) Report(ctx context.Context, r SpamReport) (counted bool, err error) {
	if len(r.Kind) > maxSpamKind || !line(r.Kind, maxSpamKind) {
		return false, invalid(ReasonSpamKind, "the kind of spam is one line of up to 50 octets")
	}
	switch delivered, err := s.Deliveries.Delivered(ctx, r.Message, r.Tenure); {
	case err != nil:
		return false, err
	case !delivered:
		return false, denied(ReasonNotDelivered, "no such message was delivered there")
	}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(func() { s.standings.forget(r.Chatbot) })
		counters, err := lockCounters(ctx, tx, chatbotsOf([]Taking{{Chatbot: r.Chatbot}}))
		if err != nil {
			return err
		}
		c, err := chatbotByID(ctx, tx, r.Chatbot)
		if err != nil {
			return err
		}
		if counted, err = insertReport(ctx, tx, r, s.now()); err != nil || !counted {
			return err
		}
		return s.score(ctx, tx, c, counters[r.Chatbot])
	})
	return counted && err == nil, err
}

// score weighs the people who reported a chatbot lately against what it sent. Its counter is locked, so that of two reports at once the
// second sees the first.
func (s *Service) score(ctx context.Context, tx *sqldb.Tx, c Chatbot, sent *counter) error {
	now := s.now()
	people, err := reporters(ctx, tx, c.ID, latest(now.Add(-s.cfg.Spam.Window), c.pardoned))
	if err != nil {
		return err
	}
	sent.roll(now, s.cfg.Zone)
	d := Decision{By: bySpam, Why: "too many recipients reported its messages as spam"}
	switch {
	case !c.Suspended.IsZero():
		return nil
	case s.cfg.Spam.Suspend.reached(people, sent.lately()):
		if err := s.suspend(ctx, tx, &c, d); err != nil {
			return err
		}
		return s.punish(ctx, tx, c, actSuspended, d)
	case s.cfg.Spam.Throttle.reached(people, sent.lately()):
		c.Throttled = now.Add(s.cfg.Spam.Pause)
		return s.punish(ctx, tx, c, actThrottled, d)
	}
	return nil
}

func (s *Service) punish(ctx context.Context, tx *sqldb.Tx, c Chatbot, act string, d Decision) error {
	tx.OnCommit(func() { s.Log.WarnContext(ctx, "spam reports have a consequence", "chatbot", c.ID, "act", act) })
	if err := updateChatbot(ctx, tx, c); err != nil {
		return err
	}
	return s.record(ctx, tx, c.ID, act, d)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
