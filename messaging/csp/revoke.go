package csp

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
)

// EventTooLate is the type of the event that a delivery was at its end when it was asked back.
const EventTooLate = "csp.revocation_late"

// maxRevoked is how many recipients a message has at most, and revokedAtOnce how many are seen to side by side.
const (
	maxRevoked    = 10_000
	revokedAtOnce = 32
)

// lateEvent is its data.
type lateEvent struct {
	Message  string         `json:"message"`
	Delivery string         `json:"delivery"`
	State    dispatch.State `json:"state"`
}

// revoke asks a message back, of those persons. How it ended is called back for each. Who holds a number without having got the message
// changes nothing: that they did not is not told. A number counts once, however often it is named.
func (s *Service) revoke(ctx context.Context, a account, r Revocation) (any, error) {
	if len(r.To) > maxRevoked {
		return nil, parameter("destinationAddress: up to 10,000 tel URIs")
	}
	to, err := numbers(r.To)
	switch {
	case err != nil:
		return nil, err
	case !plainID(r.ID) || r.ID == "" || r.Status != RevokeRequested:
		return nil, parameter("messageId, and status " + RevokeRequested)
	}
	message, found, err := s.Messages.ByKey(ctx, a.chatbot, keyPrefix+r.ID)
	if err == nil && !found {
		err = refusal(simtrust.KindNotFound, messaging.ReasonMessage, "messageId: the chatbot has no such message")
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(to, func(a, b simtrust.Number) int { return strings.Compare(a.E164(), b.E164()) })
	g, each := errgroup.WithContext(ctx)
	g.SetLimit(revokedAtOnce)
	for _, n := range slices.Compact(to) {
		g.Go(func() error { return s.revokeOf(each, a, message, n) })
	}
	return Answer{ID: r.ID, Result: Done()}, g.Wait()
}

func (s *Service) revokeOf(ctx context.Context, a account, message string, n simtrust.Number) error {
	tenure, err := s.People.Holder(ctx, n)
	if err != nil || tenure == "" {
		return err
	}
	d, found, err := s.Deliveries.To(ctx, message, tenure)
	if err != nil || !found {
		return err
	}
	// It is noted before it is asked: the end may come at once.
	if err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return noteRevocation(ctx, tx, d.Delivery, s.Now().Add(keep))
	}); err != nil {
		return err
	}
	if open, err := s.Messages.Revoke(ctx, a.client, message, []string{d.Delivery}); err != nil || open > 0 {
		return err
	}
	return s.tellLate(ctx, a, d.Delivery)
}

// tellLate has the chatbot told of a delivery that no event will follow: it was at its end already.
func (s *Service) tellLate(ctx context.Context, a account, delivery string) error {
	list, err := s.Deliveries.Status(ctx, delivery)
	if err != nil || len(list) == 0 || !list[0].State.Terminal() {
		return err
	}
	d := list[0]
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return s.Events.Publish(ctx, tx, events.Event{Chatbot: a.chatbot, Type: EventTooLate, At: s.Now().Truncate(time.Millisecond),
			Data: lateEvent{d.Message, d.Delivery, d.State}})
	})
}
