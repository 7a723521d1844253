package redenvelope

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// Door is the name of the door that cards open.
const Door = "redenvelope"

var _ messaging.Door = (*Service)(nil)

// Card is a campaign's card to be sent.
type Card struct {
	// Key makes the request repeatable; empty: it is not.
	Key string
	// To are numbers and conversations, as of every message.
	To []string
	// Class is what the message is for; empty: promotion.
	Class dispatch.Class
}

// Send sends the card of a campaign of the client's. Errors: KindNotFound with [ReasonUnknown]; those of messaging.Service.Send.
func (s *Service) Send(ctx context.Context, client, id string, card Card) (messaging.Sent, error) {
	c, err := s.owned(ctx, client, id)
	if err != nil {
		return messaging.Sent{}, err
	}
	if card.Key != "" && !keyed(card.Key) {
		return messaging.Sent{}, errKey
	}
	if card.Class == "" {
		card.Class = dispatch.ClassPromotion
	}
	sheet := simtrust.NewID("sheet")
	if card.Key != "" {
		sum := sha256.Sum256([]byte(card.Key))
		sheet = hex.EncodeToString(sum[:16])
	}
	key := cardKey(id, sheet)
	if err := s.sendable(ctx, c, key); err != nil {
		return messaging.Sent{}, err
	}
	return s.Messages.Send(ctx, messaging.SendReq{Client: client, Chatbot: c.Chatbot, Key: key, To: card.To, Class: card.Class,
		Content: c.card(messaging.Postback(Door, id+"."+sheet)), Language: c.Language, Expires: c.Expires, Door: true})
}

// sendable refuses cards of a campaign that gives nothing any more, but for a request that was answered before.
func (s *Service) sendable(ctx context.Context, c Campaign, key string) error {
	if c.State == Open {
		return nil
	}
	_, found, err := s.Messages.ByKey(ctx, c.Chatbot, key)
	if err != nil || found {
		return err
	}
	return c.State.refusal()
}

// cardKey is the key that cards are sent under, by which a tap is known to answer one: a token names campaign and sheet.
func cardKey(campaign, sheet string) string { return Door + ":" + campaign + ":" + sheet }

// Tapped implements messaging.Door: it claims, and has the person told of their share once, however often they tap.
func (s *Service) Tapped(ctx context.Context, t messaging.Tap) error {
	campaign, sheet, _ := strings.Cut(t.Token, ".")
	terms, err := s.termsOf(ctx, campaign)
	if err != nil {
		return err
	}
	if err := s.invited(ctx, &terms, t, cardKey(campaign, sheet)); err != nil {
		return err
	}
	share, refusal := s.Claim(ctx, campaign, t.Tenure)
	switch {
	case refusal == nil:
		return s.tell(ctx, campaign, &terms, t.Tenure, "share", terms.told(share))
	case simtrust.KindOf(refusal) != simtrust.KindUnprocessable:
		return refusal
	}
	if err := s.tell(ctx, campaign, &terms, t.Tenure, simtrust.ReasonOf(refusal), terms.refusedFor(simtrust.ReasonOf(refusal))); err != nil {
		return err
	}
	return refusal
}

// invited refuses a tap that answers no card of the campaign to this very person: tokens can be copied, and numbers change hands.
func (s *Service) invited(ctx context.Context, terms *Request, t messaging.Tap, key string) error {
	message, found, err := s.Messages.ByKey(ctx, terms.Chatbot, key)
	switch {
	case err != nil:
		return err
	case !found || t.Chatbot != terms.Chatbot:
		return errUninvite
	case t.Delivery != "" && t.Message == message:
		return nil
	}
	// Not every bearer says what a tap answers.
	got, err := s.Messages.Delivered(ctx, message, t.Tenure)
	if err == nil && !got {
		err = errUninvite
	}
	return err
}

// tell has a person told, once for each outcome. It is not a condition of the share, which is theirs: a person who may not be written to is
// not told, and neither is anybody by a chatbot that may not send.
func (s *Service) tell(ctx context.Context, campaign string, terms *Request, tenure simtrust.TenureID, outcome string, what gsma.Content) error {
	client, err := s.Chatbots.Client(ctx, terms.Chatbot)
	if err != nil {
		return err
	}
	who, err := s.people.Do(ctx, tenure)
	if err != nil || !who.Current {
		return err
	}
	key := strings.Join([]string{Door, campaign, outcome, s.Messages.Conversation(terms.Chatbot, tenure)}, ":")
	_, err = s.Messages.Send(ctx, messaging.SendReq{Client: client, Chatbot: terms.Chatbot, Key: key, To: []string{who.Number}, Class: dispatch.ClassService, Content: what, Language: terms.Language})
	if kind := simtrust.KindOf(err); err != nil && kind != simtrust.KindUnavailable && kind != simtrust.KindInternal {
		s.Log.InfoContext(ctx, "a person was not told of a red envelope", "campaign", campaign, "reason", simtrust.ReasonOf(err))
		return nil
	}
	return err
}
