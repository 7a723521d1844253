package messaging

import (
	"errors"
	"fmt"

	"simtrust"
	"simtrust/messaging/gsma"
)

// Reasons of refusal; part of the wire contract.
const (
	ReasonRecipients = "recipients_refused" // invalid: none, or too many
	ReasonKey        = "key_refused"        // invalid
	ReasonKeyUsed    = "key_used"           // conflict: the key stands for another request
	ReasonKeyBusy    = "key_busy"           // unavailable
	ReasonHoldBack   = "hold_back_refused"  // invalid
	ReasonLanguage   = "language_refused"   // invalid
	ReasonExpiry     = "expiry_refused"     // invalid
	ReasonContent    = "content_refused"    // invalid: the content is malformed; the message names the member
	ReasonLimit      = "content_over_limit" // invalid: the message names channel, member and limit
	ReasonLogin      = "login_refused"      // invalid: a URL that the content does not open, or two of the same
	ReasonChannels   = "channels_refused"   // invalid: no such channel, one twice, or one that is not the chatbot's to use
	ReasonMessage    = "unknown_message"    // not found, another client's too
	ReasonFile       = "file_refused"       // invalid: a type that is not carried, or not what it says it is
	ReasonFileRoom   = "file_room"          // limited: the chatbot's files take up their share
	ReasonNoFile     = "unknown_file"       // not found
	ReasonInbound    = "inbound_refused"    // invalid
	ReasonNobody     = "unknown_recipient"  // not found, to the operator's gateways only
)

// Reasons why one recipient of a message gets none, beside those of optin.
const (
	ReasonDuplicate    = "duplicate"            // the same person stands earlier in the list
	ReasonConversation = "unknown_conversation" // the chatbot has no such conversation
)

const op = "messaging"

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: op, Msg: msg}
}

func notFound(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: reason, Op: op, Msg: msg}
}

var (
	errExpiry         = invalid(ReasonExpiry, "expires: in the future, at most 30 days from now")
	errKeyUsed        = error(&simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonKeyUsed, Op: op, Msg: "the key was used for another request"})
	errKeyBusy        = error(&simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonKeyBusy, Op: op, Msg: "another request under the key was refused at the same time; try again"})
	errNoRoom         = error(&simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonFileRoom, Op: op, Msg: "the chatbot has as many files here as it may; they go after 60 days"})
	errUnknownMessage = notFound(ReasonMessage, "this client has no such message")
)

// refusedContent says what is wrong with a content on a channel.
func refusedContent(channel gsma.Channel, err error) error {
	switch {
	case errors.Is(err, gsma.ErrLimit):
		return invalid(ReasonLimit, fmt.Sprintf("channel %s: %s", channel, err))
	case errors.Is(err, gsma.ErrMalformed):
		return invalid(ReasonContent, fmt.Sprintf("channel %s: %s", channel, err))
	}
	return err
}
