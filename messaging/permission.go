package messaging

import (
	"context"
	"fmt"
	"strconv"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
)

// refusal is the postback of the button that refuses a chatbot.
const refusal = "simtrust:opt-in:refuse"

// Renewed shows a person that a chatbot states an opt-in of theirs for a number that had another holder, with a refusal at one tap. For a
// chatbot that may not send now it waits, for as long as that one cannot write to them either. It is the platform's: it goes by text too, also
// when the sender is stopped meanwhile, and that one cannot ask about it, or ask it back.
func (s *Service) Renewed(ctx context.Context, e optin.Renewed) error {
	chatbot, err := s.Senders.Live(ctx, e.Chatbot)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return nil
	case err != nil:
		return err
	}
	chatbot.SMSFallback = true
	o := &order{id: simtrust.NewID("msg"), created: s.Now(), req: SendReq{
		Chatbot: chatbot.ID, To: []string{""}, Class: dispatch.ClassNotice,
		Key:     fmt.Sprintf("opt-in %s %d", e.Tenure, e.At.UnixMilli()), // no client's key has spaces
		Content: notice(chatbot.Name),
	}}
	o.req.complete(o.created, s.steps(dispatch.ClassNotice, true))
	if o.made, err = s.render(ctx, o.id, &o.req, chatbot); err != nil {
		return err
	}
	if o.digest, err = o.req.digest(s.Key); err != nil {
		return err
	}
	o.to = []dispatch.Target{{Delivery: delivery(o.id, 0), Tenure: e.Tenure, Key: "0"}}
	_, err = s.orders.Do(ctx, o)
	if simtrust.ReasonOf(err) == ReasonKeyUsed {
		err = nil // shown before
	}
	return err
}

// notice asks whether a person agrees, in the two languages of the pages.
func notice(name string) gsma.Content {
	return gsma.Content{
		Text: "“" + name + "”称您已同意接收其消息。如果没有，请拒绝。\n" +
			"“" + name + "” says that you agreed to its messages. If you did not, refuse.",
		Suggestions: []gsma.Suggestion{gsma.NewReply("拒绝 Refuse", refusal)},
	}
}

// Refused tells a chatbot's people that a person refuses it.
func (s *Service) Refused(ctx context.Context, e optin.Refused) error {
	id := "refused:" + e.Chatbot + ":" + string(e.Tenure) + ":" + strconv.FormatInt(e.At.UnixMilli(), 10)
	return s.publishOnce(ctx, id, events.Event{Chatbot: e.Chatbot, Type: EventRefused, At: e.At,
		Data: PermissionEvent{conversation(s.Key, e.Chatbot, e.Tenure)}})
}

// publishOnce tells what is known by an id, and nothing when it comes again.
func (s *Service) publishOnce(ctx context.Context, id string, e events.Event) error {
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if fresh, err := insertInbound(ctx, tx, id, s.Now()); err != nil || !fresh {
			return err
		}
		return s.Events.Publish(ctx, tx, e)
	})
}
