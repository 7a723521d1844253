package csp

import (
	"fmt"
	"log/slog"
	"time"
)

// Traffic is what a message is for.
type Traffic string

// Kinds of traffic.
const (
	Advertisement Traffic = "advertisement"
	Payment       Traffic = "payment"
	Premium       Traffic = "premium"
	Subscription  Traffic = "subscription"
	Token         Traffic = "token" // a one-time code
)

// Capability is what the sender can do.
type Capability struct {
	ID      string `json:"capabilityId"`
	Version string `json:"version"`
}

// ChatbotSA is the one capability that there is, a standalone chatbot of the first version.
func ChatbotSA() []Capability {
	return []Capability{{ID: "ChatbotSA", Version: `+g.gsma.rcs.botversion="#=1"`}}
}

// Message is what a chatbot sends.
type Message struct {
	ID     string `json:"messageId"`
	Bodies []Body `json:"messageList"`
	// To are tel URIs, From is the chatbot's sip URI.
	To           OneOrMore[string] `json:"destinationAddress"`
	From         string            `json:"senderAddress"`
	Conversation string            `json:"conversationId,omitzero"`
	Contribution string            `json:"contributionId,omitzero"`
	Capabilities []Capability      `json:"serviceCapability,omitempty"`
	Traffic      Traffic           `json:"trafficType,omitzero"`
	// SMS lets it become a text message, which says SMSText.
	SMS     bool   `json:"smsSupported"`
	SMSText string `json:"smsContent,omitzero"`
	// Store keeps it for a telephone that is away; absent: it does.
	Store    *bool  `json:"storeSupported,omitzero"`
	IMFormat string `json:"imFormat,omitzero"` // IM, LargerMode or PagerMode
	// InReplyTo is the contributionId of what a person sent.
	InReplyTo string            `json:"inReplyTo,omitzero"`
	Reports   OneOrMore[Status] `json:"reportRequest,omitempty"`
}

// Revocation asks a message back.
type Revocation struct {
	ID     string            `json:"messageId"`
	Status string            `json:"status"`
	To     OneOrMore[string] `json:"destinationAddress"`
}

// RevokeRequested is the status of every Revocation.
const RevokeRequested = "RevokeRequested"

// Inbound is what a person sends to a chatbot.
type Inbound struct {
	ID     string `json:"messageId"`
	Bodies []Body `json:"messageList"`
	Time   string `json:"dateTime,omitzero"` // see FormatTime
	// To is the chatbot's sip URI, From a tel URI.
	To           OneOrMore[string] `json:"destinationAddress"`
	From         string            `json:"senderAddress"`
	Conversation string            `json:"conversationId"`
	Contribution string            `json:"contributionId"`
	// InReplyTo is the contributionId of the message that it answers.
	InReplyTo string `json:"inReplyTo,omitzero"`
}

// Spam is a person's report. Without messages it is about the chatbot.
type Spam struct {
	Messages OneOrMore[string] `json:"messageId,omitempty"`
	Type     string            `json:"spamType,omitzero"` // up to 50 octets
	Text     string            `json:"freeText,omitzero"`
}

// zone is that of the published examples.
var zone = time.FixedZone("", 8*60*60)

// FormatTime writes an instant as the interface has it, such as 2020-01-17T14:42:20.840+08:00.
func FormatTime(t time.Time) string { return t.In(zone).Format("2006-01-02T15:04:05.000-07:00") }

// Format hides recipients and content under every verb.
func (m Message) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s to %d}", m.ID, len(m.To)) }

// LogValue hides them in structured logs.
func (m Message) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }

// Format hides recipients under every verb.
func (r Revocation) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s of %d}", r.ID, len(r.To)) }

// LogValue hides them in structured logs.
func (r Revocation) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Format hides the person and the content under every verb.
func (m Inbound) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s}", m.ID) }

// LogValue hides them in structured logs.
func (m Inbound) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }
