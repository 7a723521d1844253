package esme

import (
	"context"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/parts"
)

// Handle implements smpp.Handler.
func (s *Service) Handle(ctx context.Context, from *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	a, err := s.account(ctx, from)
	if err != nil {
		return nil, err
	}
	switch p := request.(type) {
	case *smpp.SubmitSM:
		id, err := s.submit(ctx, a, &p.Message)
		return &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: id}}, err
	case *smpp.QuerySM:
		return s.query(ctx, a, p)
	case *smpp.CancelSM:
		return nil, s.cancel(ctx, a, p)
	}
	return nil, smpp.StatusInvalidCommand
}

// maxLife is how long a message is tried at most, whatever its sender asks for.
const maxLife = 30 * 24 * time.Hour

// submit takes a message, or a segment of one. The segments before the last have ids that nothing is told of.
func (s *Service) submit(ctx context.Context, a *Account, m *smpp.Message) (id string, err error) {
	to, expires, err := s.check(a, m)
	if err != nil {
		return "", err
	}
	text, err := s.parts.Add(ctx, a.SystemID, m)
	switch {
	case simtrust.KindOf(err) == simtrust.KindInvalid:
		return "", smpp.StatusSubmitFailed
	case err != nil:
		return "", smpp.StatusSystemError
	case text == nil:
		return simtrust.NewID("seg"), nil
	case text.Words == "":
		return "", smpp.StatusInvalidMessageLength
	}
	sent, err := s.Messages.Send(ctx, Message{Chatbot: a.Chatbot, Class: a.Class, To: to, Text: text.Words, RCS: a.RCS, Expires: expires})
	ctx = context.WithoutCancel(ctx) // who has hung up meanwhile has sent it all the same
	if err != nil {
		return "", s.refused(ctx, text, statusOf(err))
	}
	// The message is on its way: what goes wrong from here costs receipts, and is no reason to have it sent again.
	s.done(ctx, text)
	if _, err := s.records.Do(ctx, s.taken(a, sent, to, m.Registered)); err != nil {
		s.Log.ErrorContext(ctx, "there will be no receipts for a message", "delivery", sent.Delivery, "error", err)
	}
	return sent.Delivery, nil
}

// refused forgets the segments of a message that was refused for good: another one under its reference would end with them.
func (s *Service) refused(ctx context.Context, text *parts.Text, status error) error {
	switch status {
	case smpp.StatusThrottled, smpp.StatusQueueFull, smpp.StatusSystemError: // the last segment comes again
	default:
		s.done(ctx, text)
	}
	return status
}

func (s *Service) done(ctx context.Context, text *parts.Text) {
	if err := s.parts.Done(ctx, text); err != nil {
		s.Log.WarnContext(ctx, "segments of a message that is done with are left", "error", err)
	}
}

// check holds a message against the account, and against what is carried here.
func (s *Service) check(a *Account, m *smpp.Message) (to simtrust.Number, expires time.Time, err error) {
	switch {
	case m.Source.Value != "" && strings.TrimPrefix(m.Source.Value, "+") != a.address().Value:
		return to, expires, smpp.StatusInvalidSource
	case m.Class&kinds != 0:
		return to, expires, smpp.StatusInvalidClass
	case m.Schedule != "":
		return to, expires, smpp.StatusInvalidSchedule
	case m.ReplaceIfPresent != 0:
		return to, expires, smpp.StatusInvalidReplaceFlag
	case m.DefaultMessageID != 0:
		return to, expires, smpp.StatusInvalidDefaultMessage
	}
	if to, err = simtrust.ParseNumber(m.Destination.Global()); err != nil {
		return to, expires, smpp.StatusInvalidDestination
	}
	expires, err = s.expiry(m.Validity)
	return to, expires, err
}

// kinds are the bits of a class that say what a message is (SMPP 3.4 §5.2.12); none: a text.
const kinds = 0x3C

// expiry is when a message ends; zero: its sender leaves it to us.
func (s *Service) expiry(v smpp.Time) (time.Time, error) {
	if v == "" {
		return time.Time{}, nil
	}
	now := s.Now()
	at, err := v.At(now)
	if err != nil || !at.After(now) {
		return time.Time{}, smpp.StatusInvalidExpiry
	}
	if last := now.Add(maxLife); at.After(last) {
		return last, nil
	}
	return at, nil
}

// addressOf is a person's address as packets have it; empty where there is no number.
func addressOf(n simtrust.Number) sms.Address {
	if n.IsZero() {
		return sms.Address{}
	}
	return sms.Address{Type: sms.International, Plan: sms.E164, Value: strings.TrimPrefix(n.E164(), "+")}
}

// afterlife is how long after a message's end it can be asked about, and receipts follow.
const afterlife = 7 * 24 * time.Hour

func (s *Service) taken(a *Account, sent Sent, to simtrust.Number, r smpp.Registered) sentRow {
	return sentRow{id: sent.Delivery, systemID: a.SystemID, message: sent.Message, person: s.digest("person", to.E164()), registered: r,
		at: s.Now(), expires: sent.Expires.Add(afterlife)}
}
