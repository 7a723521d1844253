package csp

import (
	"fmt"
	"log/slog"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// Status is what became of a message, or of asking it back.
type Status string

// The statuses.
const (
	Sent               Status = "sent"
	Failed             Status = "failed"
	Delivered          Status = "delivered"
	Displayed          Status = "displayed"
	DeliveredToNetwork Status = "deliveredToNetwork" // it became a text message
	RevokeOK           Status = "revokeOk"
	RevokeFail         Status = "revokeFail"
)

// Delivery is what became of a message for one person. To is the chatbot's sip URI and From the person's tel URI: the report comes from
// the telephone.
type Delivery struct {
	Message string `json:"messageId"`
	Status  Status `json:"status"`
	// Failure and Why are there for a Status of Failed.
	Failure Failure           `json:"errorCode,omitzero"`
	Why     string            `json:"errorMessage,omitzero"`
	Time    string            `json:"dateTime"` // see FormatTime
	To      OneOrMore[string] `json:"destinationAddress"`
	From    string            `json:"senderAddress"`
}

// Format hides the person under every verb.
func (d Delivery) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s %s}", d.Message, d.Status) }

// LogValue hides the person in structured logs.
func (d Delivery) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(d)) }

// StatusNotice is what a chatbot is told of its messages.
type StatusNotice struct {
	Deliveries []Delivery `json:"deliveryInfoList"`
}

// Failure says why a message failed; another code of the table of results may stand in its place.
type Failure int64

// The failures.
const (
	NoTerminal       Failure = 1 // no telephone was found
	NotRCS           Failure = 2 // the telephone takes no such messages
	ContentBreach    Failure = 3 // the content breaks rules
	Offline          Failure = 4 // the telephone is away
	RefusedByPerson  Failure = 5
	ContentMalformed Failure = 6 // the content is not to specification
)

// reasons are the words for failures in messaging/dispatch.
var reasons = map[Failure]string{
	NoTerminal: "no_terminal", NotRCS: dispatch.ReasonUnreachable, ContentBreach: "content_breach", Offline: "offline",
	RefusedByPerson: "refused", ContentMalformed: "content_malformed",
}

// Reason is a stable word for a failure.
func (f Failure) Reason() string {
	if word, ok := reasons[f]; ok {
		return word
	}
	return fmt.Sprintf("csp_%d", int64(f))
}

// Fate is what a bearer says with a status of a message that it took; FateUnknown for one that says nothing of that.
func (s Status) Fate() dispatch.Fate {
	switch s {
	case Sent, DeliveredToNetwork: // a text message tells no more
		return dispatch.FateAccepted
	case Failed:
		return dispatch.FateFailed
	case Delivered:
		return dispatch.FateDelivered
	case Displayed:
		return dispatch.FateDisplayed
	case RevokeOK:
		return dispatch.FateRevoked
	}
	return dispatch.FateUnknown
}

// Fate is what a bearer says with a report: dispatch.FateUnknown also where a failure is only that nobody can say, for after a failure another
// copy may be sent.
func (d Delivery) Fate() dispatch.Fate {
	if d.Status == Failed && d.Failure == Failure(CodeDoubt) {
		return dispatch.FateUnknown
	}
	return d.Status.Fate()
}

// StatusOf is the status of a delivery whose state is on a channel; empty for a message that is on its way to a bearer. One of which nobody
// could say in time whether it arrived has failed, with a code of its own: whoever asked for failures does not wait for ever.
func StatusOf(state dispatch.State, channel dispatch.Channel) Status {
	text := channel == dispatch.Channel(gsma.SMS) || channel == dispatch.Channel(gsma.CardSMS)
	switch state {
	case dispatch.StateSubmitted, dispatch.StateDelivered:
		switch {
		case text && state == dispatch.StateSubmitted:
			return DeliveredToNetwork
		case state == dispatch.StateSubmitted:
			return Sent
		}
		return Delivered
	case dispatch.StateDisplayed:
		return Displayed
	case dispatch.StateRevoked:
		return RevokeOK
	case dispatch.StateFailed, dispatch.StateExpired, dispatch.StateRefused, dispatch.StateUnknown:
		return Failed
	}
	return ""
}

// FailureOf is the code of a delivery that ended as failed, expired, refused or unknown, for a reason.
func FailureOf(state dispatch.State, reason string) Failure {
	if state == dispatch.StateUnknown {
		return Failure(CodeDoubt)
	}
	for f, word := range reasons {
		if word == reason {
			return f
		}
	}
	switch state {
	case dispatch.StateRefused:
		return RefusedByPerson
	case dispatch.StateExpired:
		return Offline
	}
	return Failure(CodeRequest)
}
