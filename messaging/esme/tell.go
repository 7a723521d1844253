package esme

import (
	"bytes"
	"context"
	"errors"
	"hash/fnv"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
)

const (
	page  = 100              // events at once
	lease = 30 * time.Second // of a node that tells
)

// Reasons to stop before an event, which is told later.
var (
	errLater = errors.New("the ESME takes nothing now")
	errYoung = errors.New("the message may still be on its way into the store")
)

// tell brings an ESME what happened since it was told last, at least once and in order, up to a page; more says that there
// is another. One node does it at a time.
func (s *Service) tell(ctx context.Context, systemID string) (more bool, err error) {
	acked, chatbot, err := s.position(ctx, systemID)
	if err != nil || chatbot == "" {
		return false, err
	}
	list, err := s.Events.After(ctx, chatbot, acked, page)
	if err != nil || len(list) == 0 {
		return false, err
	}
	until := s.Now().Add(lease)
	if mine, err := s.claim(ctx, systemID, acked, until); err != nil || !mine {
		return false, err
	}
	told, failure := s.tellList(ctx, systemID, list, until.Add(-lease/2))
	if told == 0 {
		told = acked
	}
	more = len(list) == page && told == list[page-1].Seq
	return more, errors.Join(silence(failure), s.release(context.WithoutCancel(ctx), systemID, told, until))
}

// silence drops what is no failure but a reason to wait.
func silence(err error) error {
	if errors.Is(err, errLater) || errors.Is(err, errYoung) || errors.Is(err, smpp.ErrNotBound) {
		return nil
	}
	return err
}

// tellList tells events one after the other, and returns the number of the last that needs no more telling.
func (s *Service) tellList(ctx context.Context, systemID string, list []Event, end time.Time) (told int64, err error) {
	a, _, err := s.find(ctx, systemID)
	if err != nil || a == nil {
		return 0, err
	}
	for _, e := range list {
		switch {
		case !s.Now().Before(end):
			return told, nil
		case e.Delivery != "":
			err = s.tellState(ctx, a, e)
		case e.Conversation != "" && e.Text != "":
			err = s.tellText(ctx, a, e)
		}
		if err != nil {
			return told, err
		}
		told = e.Seq
	}
	return told, nil
}

// tellState sends a receipt, where one is wanted and was not sent before.
func (s *Service) tellState(ctx context.Context, a *Account, e Event) error {
	state := states[e.State]
	row, found, err := s.sentBy(ctx, a.SystemID, e.Delivery)
	switch {
	case err != nil:
		return err
	case !found && s.Now().Sub(e.At) < s.Young:
		return errYoung
	case !found || !news(row.told, state) || !wanted(row.registered, state):
		return nil
	}
	person, err := s.person(ctx, row)
	if err != nil {
		return err
	}
	r := smpp.Receipt{ID: row.id, Submitted: 1, Sent: row.at, Done: e.At, State: state}
	if state == smpp.StateDelivered {
		r.Delivered = 1
	}
	told := r.For(&smpp.Message{Source: a.address(), Destination: addressOf(person)})
	told.Coding = smpp.CodingLatin1 // in the default alphabet the underscore of ids is another character, and some take ASCII for that
	if err := s.deliver(ctx, a.SystemID, told); err != nil {
		return err
	}
	return s.noteTold(ctx, row.id, state)
}

// news reports whether a state says something new to who was told another. A success is the last word, and of failures the first one:
// events that are read again, because a node stopped in the middle of them, do not take back what came after them.
func news(told, state smpp.State) bool {
	return state != told && told != smpp.StateDelivered && (!told.Final() || state == smpp.StateDelivered)
}

// wanted reports whether the sender of a message wants to hear of a state. Nothing is told of what is on its way.
func wanted(r smpp.Registered, state smpp.State) bool {
	switch {
	case state == 0 || state == smpp.StateEnroute:
		return false
	case r&smpp.RegisteredFinal != 0:
		return true
	}
	return r&smpp.RegisteredFailure != 0 && state != smpp.StateDelivered
}

// person is the number that a message was for, where the person still has it: another one is not told to who does not know it.
func (s *Service) person(ctx context.Context, row sentRow) (simtrust.Number, error) {
	n, err := s.Messages.Number(ctx, row.id)
	if err != nil && simtrust.KindOf(err) != simtrust.KindNotFound || n.IsZero() {
		return simtrust.Number{}, err
	}
	if !bytes.Equal(s.digest("person", n.E164()), row.person) {
		n = simtrust.Number{}
	}
	return n, nil
}

// tellText sends what a person said. Who does not hold a number any more is not heard.
func (s *Service) tellText(ctx context.Context, a *Account, e Event) error {
	n, err := s.Messages.Talker(ctx, a.Chatbot, e.Conversation)
	if err != nil || n.IsZero() {
		return err
	}
	list, err := smpp.Message{Source: addressOf(n), Destination: a.address()}.Split(e.Text, smpp.CarryHeader, reference(e))
	if err != nil {
		return nil // what no short message can say is not said
	}
	for _, m := range list {
		if err := s.deliver(ctx, a.SystemID, &smpp.DeliverSM{Message: m}); err != nil {
			return err
		}
	}
	return nil
}

// reference tells the texts from one person apart; it is the same when one is told again.
func reference(e Event) uint16 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(e.Conversation))
	return uint16(h.Sum32()) + uint16(e.Seq)
}

// deliver hands a message over. What the ESME refuses for good is dropped; what it cannot take now comes again.
func (s *Service) deliver(ctx context.Context, systemID string, m *smpp.DeliverSM) error {
	err := s.server.Deliver(ctx, systemID, m)
	var status smpp.Status
	switch {
	case err == nil || errors.Is(err, smpp.ErrNotBound):
		return err
	case errors.Is(err, smpp.ErrUnknown) || !errors.As(err, &status):
		return errLater
	case status.Congested(), status == smpp.StatusReceiverTemporaryFailure, status == smpp.StatusSystemError, status == smpp.StatusInvalidBindStatus:
		return errLater
	}
	s.Log.WarnContext(ctx, "an ESME refuses what it is told", "system_id", systemID, "status", status.String())
	return nil
}
