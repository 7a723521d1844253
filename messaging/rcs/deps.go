package rcs

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/messaging/dispatch"
)

// Envelope is what goes with a content on one copy.
type Envelope struct {
	Sender    Sender
	Statement string
	Salt      []byte
}

// Sender is a chatbot as a handset shows it.
type Sender struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	ServiceID string `json:"service_id"`
}

// Envelopes makes them.
type Envelopes interface {
	// Envelope returns that of a copy. An error of kind denied refuses the copy for good, under its reason; any other puts it off.
	Envelope(ctx context.Context, s dispatch.Submission) (Envelope, error)
}

// Reports takes what became of copies (dispatch.Service).
type Reports interface {
	Report(ctx context.Context, channel dispatch.Channel, list []dispatch.Report) error
}

// Inbound is what a person sent to a chatbot.
type Inbound struct {
	// ID is the gateway's, never given twice.
	ID string
	// From and To are the person's number and the chatbot's service id.
	From simtrust.Number
	To   string
	// InReplyTo is the delivery that was answered; empty: none was named.
	InReplyTo   string
	ContentType string
	Body        []byte
}

// Spam is a person's report of a message.
type Spam struct {
	From simtrust.Number
	// Delivery is the delivery that was reported.
	Delivery string
	Type     string
}

// Inbox takes what persons say. What comes again under its ID, or from the same person about the same delivery, changes nothing.
type Inbox interface {
	// Received takes a message. Errors: not_found for a service id that is nobody's, invalid for content that cannot be read.
	Received(ctx context.Context, m Inbound) error
	// Reported takes a report of spam. Errors: not_found for a delivery that the person did not get.
	Reported(ctx context.Context, s Spam) error
}

// Deps is what the package stands on.
type Deps struct {
	Client    *http.Client
	Envelopes Envelopes
	Reports   Reports
	Inbox     Inbox
	Log       *slog.Logger
	Now       func() time.Time
}

// Config is where the gateway is, and the token that it is called with.
type Config struct {
	URL, Token string
}
