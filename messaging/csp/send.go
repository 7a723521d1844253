package csp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// keyPrefix stands before a messageId in the key of its message, so that keys of the own API are others.
const keyPrefix = "csp:"

const (
	maxID   = 100 // of messageId and the other ids
	teleURI = "tel:"
)

// How long a rich message waits for a telephone: before a text message follows it, and in all where it is not to be stored.
const (
	patience      = 2 * time.Minute
	shortPatience = 20 * time.Second
	unstoredLife  = time.Minute
)

// send takes a message.
func (s *Service) send(ctx context.Context, a account, m Message) (any, error) {
	req, err := m.request(a)
	if err != nil {
		return nil, err
	}
	got, err := s.Messages.Send(ctx, req)
	if err != nil {
		return nil, err
	}
	refused, first := refusals(got)
	if len(refused) == len(got.Recipients) {
		return nil, refusal(simtrust.KindUnprocessable, first, "nobody among the recipients may be written to: "+strings.Join(refused, ", "))
	}
	if err := s.keepSent(ctx, got, m); err != nil {
		return nil, err
	}
	res := Answer{ID: m.ID, Conversation: m.Conversation, Contribution: m.Contribution, Result: Done()}
	if len(refused) > 0 {
		res.Message = "not written to: " + strings.Join(refused, ", ")
	}
	return res, nil
}

// refusals name the recipients that get nothing by their places, and the reason of the first.
func refusals(got messaging.Sent) (list []string, first string) {
	for i, to := range got.Recipients {
		if to.Delivery != "" {
			continue
		}
		if first == "" {
			first = to.Reason
		}
		list = append(list, fmt.Sprintf("/destinationAddress/%d %s", i, to.Reason))
	}
	return list, first
}

// keepSent keeps what callbacks need to know. A message is repeated by who has no answer to it, so one that was accepted but not kept comes
// again.
func (s *Service) keepSent(ctx context.Context, got messaging.Sent, m Message) error {
	_, err := s.records.Do(ctx, sent{message: got.Message, messageID: m.ID, conversation: m.Conversation, contribution: m.Contribution, reports: m.Reports,
		expires: got.Expires.Add(keep)})
	return err
}

// request is the message as messaging takes it.
func (m *Message) request(a account) (messaging.SendReq, error) {
	if err := m.check(a); err != nil {
		return messaging.SendReq{}, err
	}
	to, err := numbers(m.To)
	if err != nil {
		return messaging.SendReq{}, err
	}
	c, err := content(m.Bodies)
	if err != nil {
		return messaging.SendReq{}, err
	}
	req := messaging.SendReq{Client: a.client, Chatbot: a.chatbot, Key: keyPrefix + m.ID, Content: c, Class: classes[m.Traffic], Steps: m.steps()}
	for _, n := range to {
		req.To = append(req.To, n.E164())
	}
	if m.SMS {
		req.SMSText = m.SMSText
	} else if m.Store != nil && !*m.Store {
		req.Life = unstoredLife
	}
	return req, nil
}

// classes are those of traffic.
var classes = map[Traffic]dispatch.Class{
	Token: dispatch.ClassAuthentication, Payment: dispatch.ClassTransaction, Premium: dispatch.ClassService, Subscription: dispatch.ClassService,
	Advertisement: dispatch.ClassPromotion, "": dispatch.ClassService,
}

// steps are the channels. A text message follows where the telephone takes no rich one, or has not taken it in time.
func (m *Message) steps() []messaging.Step {
	steps := []messaging.Step{{Channel: gsma.RCS}}
	if m.SMS {
		steps[0].After = patience
		if classes[m.Traffic].Urgent() || m.Store != nil && !*m.Store {
			steps[0].After = shortPatience
		}
		steps = append(steps, messaging.Step{Channel: gsma.SMS})
	}
	return steps
}

func (m *Message) check(a account) error {
	_, known := classes[m.Traffic]
	switch {
	case !plainID(m.ID) || m.ID == "":
		return parameter("messageId: 1 to 100 visible characters of ASCII")
	case ServiceID(m.From) != a.serviceID:
		return refusal(simtrust.KindDenied, ReasonSender, "senderAddress: not the chatbot that the accessToken is for")
	case !known:
		return parameter("trafficType: advertisement, payment, premium, subscription or token")
	case m.SMS && m.SMSText == "":
		return parameter("smsContent: needed where smsSupported is true")
	case m.SMS && !gsma.SMS.Limits().Text.Holds(m.SMSText):
		return invalid(ReasonText, fmt.Sprintf("smsContent: up to %d UTF-16 units", gsma.SMS.Limits().Text.Max))
	case !slices.Contains([]string{"", "IM", "LargerMode", "PagerMode"}, m.IMFormat):
		return parameter("imFormat: IM, LargerMode or PagerMode")
	case len(m.Capabilities) > 0 && !slices.ContainsFunc(m.Capabilities, func(c Capability) bool { return c.ID == "ChatbotSA" }):
		return parameter("serviceCapability: ChatbotSA is among them")
	case !plainID(m.Conversation) || !plainID(m.Contribution) || !plainID(m.InReplyTo):
		return parameter("conversationId, contributionId, inReplyTo: up to 100 visible characters of ASCII")
	case slices.ContainsFunc(m.Reports, func(s Status) bool { return !slices.Contains(askable, s) }):
		return parameter("reportRequest: of sent, failed, delivered, displayed and deliveredToNetwork")
	}
	return nil
}

// askable are the statuses that a message may ask for.
var askable = []Status{Sent, Failed, Delivered, Displayed, DeliveredToNetwork}

func plainID(id string) bool {
	return len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r < '!' || r > '~' })
}

// numbers reads tel URIs; an error names the place and never the text.
func numbers(to []string) ([]simtrust.Number, error) {
	if len(to) == 0 {
		return nil, parameter("destinationAddress: at least one tel URI")
	}
	list := make([]simtrust.Number, len(to))
	for i, uri := range to {
		text, isTel := CutTel(uri)
		n, err := simtrust.ParseNumber(text)
		if !isTel || err != nil {
			return nil, parameter(fmt.Sprintf("destinationAddress/%d: a tel URI such as tel:+8613…", i))
		}
		list[i] = n
	}
	return list, nil
}

func parameter(msg string) error { return invalid(ReasonParameter, msg) }
