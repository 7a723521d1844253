package csp

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
)

// told is what a chatbot is told of an event; nil: nothing.
func (f form) told(ctx context.Context, a account, e events.Entry) (*call, error) {
	switch {
	case strings.HasPrefix(e.Type, messaging.EventDelivery):
		return about(ctx, e, func(ctx context.Context, d messaging.DeliveryEvent) (*call, error) { return f.state(ctx, a, e, d) })
	case e.Type == EventTooLate:
		return about(ctx, e, func(ctx context.Context, d lateEvent) (*call, error) { return f.late(ctx, a, e, d) })
	case e.Type == messaging.EventReply:
		return about(ctx, e, func(ctx context.Context, r messaging.ReplyEvent) (*call, error) { return f.reply(ctx, a, e, r) })
	case e.Type == messaging.EventSpam:
		return about(ctx, e, func(ctx context.Context, d messaging.SpamEvent) (*call, error) { return f.spam(ctx, e, d) })
	case e.Type == messaging.EventSuspended || e.Type == messaging.EventResumed || e.Type == EventProfile:
		return &call{path: PathChanged, body: struct{}{}}, nil
	}
	return nil, nil
}

func about[D any](ctx context.Context, e events.Entry, tell func(context.Context, D) (*call, error)) (*call, error) {
	var data D
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return nil, err
	}
	return tell(ctx, data)
}

// state is a delivery's new state, where the message asked for that, and the end of its revocation.
func (f form) state(ctx context.Context, a account, e events.Entry, d messaging.DeliveryEvent) (*call, error) {
	m, ok, err := f.message(ctx, e, d.Message)
	if err != nil || !ok {
		return nil, err
	}
	var list []Delivery
	status := StatusOf(d.State, d.Channel)
	if slices.Contains(m.reports, status) {
		one := Delivery{Message: m.messageID, Status: status}
		if status == Failed {
			one.Failure, one.Why = FailureOf(d.State, d.Reason), string(d.State)+" "+d.Reason
		}
		list = append(list, one)
	}
	asked := false
	if d.State.Terminal() {
		if asked, err = f.askedBack(ctx, d.Delivery); err != nil {
			return nil, err
		}
		if asked {
			list = append(list, Delivery{Message: m.messageID, Status: endOf(d.State)})
		}
	}
	return f.statuses(ctx, a, e, d.Delivery, list, asked)
}

// late is that a delivery was at its end when it was asked back.
func (f form) late(ctx context.Context, a account, e events.Entry, d lateEvent) (*call, error) {
	m, ok, err := f.message(ctx, e, d.Message)
	if err != nil || !ok {
		return nil, err
	}
	asked, err := f.askedBack(ctx, d.Delivery)
	if err != nil || !asked {
		return nil, err
	}
	return f.statuses(ctx, a, e, d.Delivery, []Delivery{{Message: m.messageID, Status: endOf(d.State)}}, true)
}

// endOf is how a revocation ended for a delivery that is at its end.
func endOf(state dispatch.State) Status {
	if state == dispatch.StateRevoked {
		return RevokeOK
	}
	return RevokeFail
}

// statuses are about one delivery; nothing where its person has no number any more.
func (f form) statuses(ctx context.Context, a account, e events.Entry, delivery string, list []Delivery, asked bool) (*call, error) {
	if len(list) == 0 {
		return nil, nil
	}
	found, err := f.Deliveries.Status(ctx, delivery)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	n, err := f.People.Number(ctx, found[0].Tenure)
	if err != nil || n.IsZero() {
		return nil, err
	}
	for i := range list {
		list[i].Time, list[i].To, list[i].From = FormatTime(e.At), OneOrMore[string]{a.serviceID}, tel(n)
	}
	c := &call{path: PathStatus, body: StatusNotice{list}}
	if asked {
		c.revocations = []string{delivery}
	}
	return c, nil
}

func tel(n simtrust.Number) string { return teleURI + n.E164() }

// message is one that came by the interface; false for others. One whose record was lost is known by its key: which states it asked for is not,
// so all of them are told, until its chatbot, which has no answer, sends it again.
func (f form) message(ctx context.Context, e events.Entry, id string) (m sent, ok bool, err error) {
	if m, ok, err = f.sentAs(ctx, id); ok || err != nil {
		return m, ok, err
	}
	key, _, err := f.Messages.KeyOf(ctx, id)
	messageID, ours := strings.CutPrefix(key, keyPrefix)
	switch {
	case err != nil || !ours:
		return m, false, err
	case f.Now().Sub(e.At) < young:
		return m, false, errYoung
	}
	return sent{message: id, messageID: messageID, reports: askable}, true, nil
}

// reply is what a person sent. Who does not hold a number any more is not heard.
func (f form) reply(ctx context.Context, a account, e events.Entry, r messaging.ReplyEvent) (*call, error) {
	tenure, err := f.Talks.Talker(ctx, a.chatbot, r.Conversation)
	if err != nil || tenure == "" {
		return nil, err
	}
	n, err := f.People.Number(ctx, tenure)
	if err != nil || n.IsZero() {
		return nil, err
	}
	got := gsma.Received{Response: r.Response, SharedData: r.SharedData}
	if r.Content != nil {
		got.Content = *r.Content
	}
	list, err := Write(got)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	in := Inbound{ID: e.ID, Bodies: list, Time: FormatTime(e.At), To: OneOrMore[string]{a.serviceID}, From: tel(n), Conversation: r.Conversation, Contribution: e.ID}
	if r.Message != "" {
		m, _, err := f.sentAs(ctx, r.Message)
		if err != nil {
			return nil, err
		}
		in.InReplyTo = m.contribution
		if m.conversation != "" {
			in.Conversation = m.conversation
		}
	}
	return &call{path: PathInbound, body: in}, nil
}

// maxSpamType is what spamType holds, in octets.
const maxSpamType = 50

// spam is a report. Of a message that did not come by the interface it is about the chatbot.
func (f form) spam(ctx context.Context, e events.Entry, d messaging.SpamEvent) (*call, error) {
	m, ok, err := f.message(ctx, e, d.Message)
	if err != nil {
		return nil, err
	}
	body := Spam{Type: d.Kind}
	if len(body.Type) > maxSpamType {
		body.Type = strings.ToValidUTF8(body.Type[:maxSpamType], "")
	}
	if ok {
		body.Messages = OneOrMore[string]{m.messageID}
	}
	return &call{path: PathSpam, body: body}, nil
}
