package maap

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
)

// takeMessage takes what a person sent.
func (b *Bearer) takeMessage(ctx context.Context, a Account, body []byte) (any, error) {
	var m csp.Inbound
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, errBody
	}
	for _, to := range m.To {
		if !a.CSP.is(to) {
			return nil, refused(simtrust.KindDenied, ReasonForeign, "the message is for another chatbot")
		}
	}
	number, _ := csp.CutTel(m.From)
	from, err := simtrust.ParseNumber(number)
	if err != nil || m.ID == "" || len(m.ID) > maxID {
		return nil, refused(simtrust.KindInvalid, ReasonCallback, "senderAddress is a tel URI, messageId an id of up to 128 characters")
	}
	part, err := csp.Part(m.Bodies)
	if err != nil {
		return nil, refused(simtrust.KindInvalid, ReasonCallback, err.Error())
	}
	answered, err := b.answered(ctx, a, m.InReplyTo)
	if err == nil {
		when, _ := time.Parse(time.RFC3339, m.Time) // one that cannot be read was not said
		err = b.settled(ctx, a, b.Inbox.Received(ctx, Inbound{ID: inboundID(a, m.ID), From: from, To: a.Chatbot, InReplyTo: answered, Said: b.said(when), Part: part}))
	}
	return csp.Answer{ID: m.ID, Conversation: m.Conversation, Contribution: m.Contribution, Result: csp.Done()}, err
}

var errBody = refused(simtrust.KindInvalid, ReasonCallback, "the body is not the JSON of this callback")

// answered is the delivery that a message answers, which names it as the platform knows it; empty for one that the account was not handed.
func (b *Bearer) answered(ctx context.Context, a Account, id string) (string, error) {
	found, err := b.handed(ctx, a, []string{id})
	return deliveryOf(found[id].copy), err
}

// handed returns those copies of a list of ids that the account was handed.
func (b *Bearer) handed(ctx context.Context, a Account, ids []string) (map[string]handing, error) {
	found, err := handings(ctx, b.DB, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !idShape.MatchString(id) }))
	for id, h := range found {
		if h.account != a.Name {
			delete(found, id)
		}
	}
	return found, err
}

// deliveryOf is the delivery that a copy's id begins with.
func deliveryOf(copy string) string {
	d, _, _ := strings.Cut(copy, ".")
	return d
}

// maxDeliveries bounds one callback's reports.
const maxDeliveries = 1000

// takeStatus takes what became of messages.
func (b *Bearer) takeStatus(ctx context.Context, a Account, body []byte) (any, error) {
	var n csp.StatusNotice
	if err := json.Unmarshal(body, &n); err != nil || len(n.Deliveries) > maxDeliveries {
		return nil, errBody
	}
	reports := map[string][]dispatch.Report{}
	for _, d := range n.Deliveries {
		fate := d.Fate()
		if fate == dispatch.FateUnknown || d.Message == "" || len(d.Message) > maxID {
			continue
		}
		when, _ := time.Parse(time.RFC3339, d.Time) // one that cannot be read is now
		r := dispatch.Report{Fate: fate, At: b.at(when)}
		if fate == dispatch.FateFailed {
			r.Reason = d.Failure.Reason()
		}
		reports[d.Message] = append(reports[d.Message], r)
	}
	return csp.Done(), b.settled(ctx, a, b.report(ctx, a, reports))
}

// takeChange hears that information about the chatbot changed at the platform. What stands here does not follow it.
func (b *Bearer) takeChange(ctx context.Context, a Account, _ []byte) (any, error) {
	b.Log.InfoContext(ctx, "a platform changed what it holds of a chatbot", "account", a.Name)
	return csp.Done(), nil
}

// maxSpam bounds the messages of one person's report: each is a look-up and a transaction of its own.
const maxSpam = 50

// takeSpam takes a person's report of messages, which names no person: each message had one recipient. One about the chatbot as a whole
// cannot be told from any other, and counts for nothing.
func (b *Bearer) takeSpam(ctx context.Context, a Account, body []byte) (any, error) {
	var s csp.Spam
	if err := json.Unmarshal(body, &s); err != nil {
		return nil, errBody
	}
	if len(s.Messages) > maxSpam {
		return nil, refused(simtrust.KindInvalid, ReasonCallback, "messageId: up to 50 of them")
	}
	found, err := b.handed(ctx, a, s.Messages)
	if err != nil {
		return nil, err
	}
	for _, h := range found {
		if err := b.settled(ctx, a, b.reported(ctx, deliveryOf(h.copy), s.Type)); err != nil {
			return nil, err
		}
	}
	return csp.Done(), nil
}

func (b *Bearer) reported(ctx context.Context, delivery, kind string) error {
	from, err := b.Directory.Number(ctx, delivery)
	if err != nil || from.IsZero() {
		return err
	}
	return b.Inbox.Reported(ctx, Spam{From: from, Delivery: delivery, Type: word(kind)})
}
