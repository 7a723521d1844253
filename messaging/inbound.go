package messaging

import (
	"context"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
)

// answerTime is how long what a person types is matched against the last message.
const answerTime = 7 * 24 * time.Hour

// Inbound is what a person sent to a chatbot.
type Inbound struct {
	// ID is the bearer's, and begins with its name; it never comes twice for different messages, unless Alike.
	ID string
	// Alike: the bearer has no ids, so ID is that of every text alike from the person within a short time. One that answers another message
	// than the last is another text all the same.
	Alike bool
	From  simtrust.Number
	// Tenure is the one that said it; empty: whichever holds the number now.
	Tenure simtrust.TenureID
	// To is the chatbot's service id.
	To string
	// InReplyTo is the delivery that was answered; empty: none was named.
	InReplyTo string
	Channel   gsma.Channel
	Part      gsma.Part
}

// ReplyEvent is what a chatbot's people are told of what a person sent.
type ReplyEvent struct {
	Conversation string `json:"conversation"`
	// Message and Delivery are what it answers, where that is known.
	Message  string       `json:"message,omitempty"`
	Delivery string       `json:"delivery,omitempty"`
	Channel  gsma.Channel `json:"channel"`
	// Exactly one of the following: a suggestion that was taken, by a button or by typing; what a device tells of itself; content.
	Response   *gsma.Response   `json:"response,omitempty"`
	SharedData *gsma.SharedData `json:"shared_data,omitempty"`
	Content    *gsma.Content    `json:"content,omitempty"`
	// Typed is what was typed where it was taken for a suggestion.
	Typed string `json:"typed,omitempty"`
}

// PermissionEvent says that a person refused the chatbot, or began it, in words of their own.
type PermissionEvent struct {
	Conversation string `json:"conversation"`
}

// Received takes what a person sent. The same ID again changes nothing. Errors: KindNotFound with sender.ReasonUnknownBot or
// [ReasonNobody]; KindInvalid with [ReasonInbound] for what cannot be read; KindUnavailable.
func (s *Service) Received(ctx context.Context, m Inbound) error {
	chatbot, err := s.Senders.ByService(ctx, m.To)
	if err != nil {
		return err
	}
	got, err := gsma.Decode(m.Part)
	if err != nil {
		return invalid(ReasonInbound, err.Error())
	}
	tenure, err := s.holder(ctx, m.From)
	if err == nil && m.Tenure != "" && m.Tenure != tenure {
		err = notFound(ReasonNobody, "who said it does not hold the number any more")
	}
	if err != nil {
		return err
	}
	e, err := s.understood(ctx, chatbot, tenure, m, got)
	if err != nil {
		return err
	}
	if m.Alike {
		m.ID += e.Delivery
	}
	if came, err := cameIn(ctx, s.DB, m.ID); came || err != nil {
		return err // what was said before is not said again: the person may have changed their mind
	}
	heard, record, err := s.Recipients.Said(ctx, chatbot.ID, tenure, permissionWords(got))
	if err != nil {
		return err
	}
	list := s.inboundEvents(chatbot.ID, heard, e)
	if door, t, ok := s.tap(chatbot.ID, tenure, m, e); ok {
		if err := s.tapped(ctx, door, t); err != nil {
			return err
		}
		list = nil
	}
	return s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		fresh, err := insertInbound(ctx, tx, m.ID, s.Now())
		if err != nil || !fresh {
			return err
		}
		if err := record(ctx, tx); err != nil {
			return err
		}
		if err := keepTalks(ctx, tx, talks, []talk{{id: e.Conversation, chatbot: chatbot.ID, tenure: tenure}}); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, list...)
	})
}

// tapped tells a door. What it refuses for good it has told the person, if anybody.
func (s *Service) tapped(ctx context.Context, d Door, t Tap) error {
	err := d.Tapped(ctx, t)
	if kind := simtrust.KindOf(err); err != nil && kind != simtrust.KindUnavailable && kind != simtrust.KindInternal {
		s.Log.InfoContext(ctx, "a door did not open", "chatbot", t.Chatbot, "reason", simtrust.ReasonOf(err))
		return nil
	}
	return err
}

func (s *Service) holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error) {
	tenure, err := s.Holders.Holder(ctx, n)
	if err == nil && tenure == "" {
		err = notFound(ReasonNobody, "nobody holds the number")
	}
	return tenure, err
}

func (s *Service) inboundEvents(chatbot string, heard optin.Heard, e ReplyEvent) []events.Event {
	now := s.Now()
	switch heard {
	case optin.HeardStop:
		return nil // it is told as every refusal is; see Refused
	case optin.HeardStart:
		return []events.Event{{Chatbot: chatbot, Type: EventStarted, At: now, Data: PermissionEvent{e.Conversation}}}
	}
	return []events.Event{{Chatbot: chatbot, Type: EventReply, At: now, Data: e}}
}

// permissionWords are what a person says about the permission to write, in words or by the button of a notice.
func permissionWords(got gsma.Received) string {
	if r := got.Response; r != nil && r.Reply != nil && r.Reply.Postback != nil && r.Reply.Postback.Data == refusal {
		return "STOP"
	}
	return got.Text
}

// understood says what a message from a person is.
func (s *Service) understood(ctx context.Context, chatbot sender.Chatbot, tenure simtrust.TenureID, m Inbound, got gsma.Received) (ReplyEvent, error) {
	e := ReplyEvent{Conversation: conversation(s.Key, chatbot.ID, tenure), Channel: m.Channel, Response: got.Response, SharedData: got.SharedData}
	shown := m.Channel // where the person was shown what they answer
	if m.InReplyTo != "" {
		d, ok, err := s.delivery(ctx, m.InReplyTo)
		if err != nil {
			return e, err
		}
		if ok && d.Chatbot == chatbot.ID && d.Tenure == tenure {
			e.Message, e.Delivery, shown = d.Message, d.Delivery, gsma.Channel(d.Channel)
		}
	}
	if e.Response == nil && e.SharedData == nil {
		e.Content = &got.Content
		if got.Text != "" {
			return s.matched(ctx, e, shown)
		}
	}
	return e, nil
}

// matched takes what was typed for a suggestion, if it is one, of the message that it answers on a channel without buttons.
func (s *Service) matched(ctx context.Context, e ReplyEvent, shown gsma.Channel) (ReplyEvent, error) {
	message, delivery, err := s.asked(ctx, e, shown)
	if err != nil || message == "" {
		return e, err
	}
	m, ok, err := messageByID(ctx, s.DB, message)
	if err != nil || !ok {
		return e, err
	}
	if a, ok := gsma.Match(m.answers, e.Content.Text); ok {
		r := a.Response()
		e.Response, e.Typed, e.Content = &r, strings.TrimSpace(e.Content.Text), nil
		e.Message, e.Delivery = message, delivery
	}
	return e, nil
}

// asked is the message that what was typed may answer; empty: none. It is the one that is named, where it was shown without buttons; where none
// is named the last of such. What comes as a rich message stands below those, so it answers no text message by itself.
func (s *Service) asked(ctx context.Context, e ReplyEvent, shown gsma.Channel) (message, delivery string, err error) {
	if e.Delivery != "" && !shown.Rich() {
		return e.Message, e.Delivery, nil
	}
	if e.Delivery != "" {
		return "", "", nil
	}
	t, err := s.lastShown(ctx, e.Conversation)
	if err != nil || t.message == "" || s.Now().Sub(t.at) > answerTime {
		return "", "", err
	}
	if shown.Rich() {
		d, ok, err := s.delivery(ctx, t.delivery)
		if err != nil || !ok || gsma.Channel(d.Channel) != gsma.Enhanced {
			return "", "", err
		}
	}
	return t.message, t.delivery, nil
}

// lastShown is a conversation with the message that was shown last: one that was only begun since counts as long as it may have arrived.
func (s *Service) lastShown(ctx context.Context, conversation string) (talk, error) {
	shown, _, err := talkByID(ctx, s.DB, talks, conversation)
	if err != nil {
		return talk{}, err
	}
	begun, ok, err := talkByID(ctx, s.DB, begunTalks, conversation)
	if err != nil || !ok || begun.delivery == shown.delivery || begun.at.Before(shown.at) {
		return shown, err
	}
	d, _, err := s.delivery(ctx, begun.delivery)
	if err != nil {
		return talk{}, err
	}
	if slices.ContainsFunc(d.Out, func(c dispatch.Channel) bool { return !gsma.Channel(c).Rich() }) {
		return begun, nil
	}
	return shown, nil
}

// SpamEvent is what a chatbot's people are told of a report. Who reported is nobody's business.
type SpamEvent struct {
	Message string `json:"message"`
	Kind    string `json:"kind,omitempty"`
}

// Spam takes a person's report of a message that they got; one person counts once for a message. Errors: KindNotFound with [ReasonNobody] or
// [ReasonMessage]; KindDenied where the person never had it; KindUnavailable.
func (s *Service) Spam(ctx context.Context, from simtrust.Number, delivery, kind string) error {
	tenure, err := s.holder(ctx, from)
	if err != nil {
		return err
	}
	d, ok, err := s.delivery(ctx, delivery)
	switch {
	case err != nil:
		return err
	case !ok || d.Tenure != tenure:
		return notFound(ReasonMessage, "the person has no such message")
	}
	// One that was counted before may not have been told: the process may have died in between.
	if _, err := s.Senders.Report(ctx, sender.SpamReport{Chatbot: d.Chatbot, Message: d.Message, Tenure: tenure, Kind: kind}); err != nil {
		return err
	}
	return s.publishOnce(ctx, "spam:"+d.Delivery, events.Event{Chatbot: d.Chatbot, Type: EventSpam, At: s.Now(), Data: SpamEvent{d.Message, kind}})
}

func (s *Service) delivery(ctx context.Context, id string) (d dispatch.Status, ok bool, err error) {
	list, err := s.Distribution.Status(ctx, id)
	if err != nil || len(list) == 0 {
		return d, false, err
	}
	return list[0], true, nil
}

// Delivered reports whether a message is on the handset of a tenure, for whoever counts reports of spam.
func (s *Service) Delivered(ctx context.Context, message string, tenure simtrust.TenureID) (bool, error) {
	d, ok, err := s.Distribution.To(ctx, message, tenure)
	return ok && (d.State == dispatch.StateDelivered || d.State == dispatch.StateDisplayed), err
}
