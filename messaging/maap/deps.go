package maap

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// Directory knows whom messages are from and to.
type Directory interface {
	// Live returns the service id of a chatbot that may send now. Errors: denied with the reason why it may not; not found; any other puts
	// its messages off.
	Live(ctx context.Context, chatbot string) (serviceID string, err error)
	// Number returns the number of a delivery's recipient now; zero: the tenure has none any more.
	Number(ctx context.Context, delivery string) (simtrust.Number, error)
}

// Reports takes what became of copies (dispatch.Service).
type Reports interface {
	Report(ctx context.Context, channel dispatch.Channel, list []dispatch.Report) error
}

// Inbound is what a person sent to a chatbot.
type Inbound struct {
	// ID is the account's name and the platform's id, so that one platform cannot use up another's.
	ID   string
	From simtrust.Number
	// To is the chatbot's service id here.
	To string
	// InReplyTo is the delivery that was answered; empty: none was named.
	InReplyTo string
	// Said is when, by the platform; zero: it did not say.
	Said time.Time
	Part gsma.Part
}

// Spam is a person's report of a message.
type Spam struct {
	From     simtrust.Number
	Delivery string
	Type     string
}

// Inbox takes what persons say. What comes again under its ID within 30 days, or from the same person about the same delivery, changes nothing.
type Inbox interface {
	// Received takes a message. Errors: not_found where nobody holds the number, or somebody else held it when that was said; invalid for
	// content that cannot be read; unavailable, limited and internal: it may be tried again.
	Received(ctx context.Context, m Inbound) error
	// Reported takes a report of spam. Errors: not_found for a delivery that the person did not get.
	Reported(ctx context.Context, s Spam) error
}

// Deps is what the package stands on.
type Deps struct {
	DB        *sqldb.DB
	Client    *http.Client
	Directory Directory
	Reports   Reports
	Inbox     Inbox
	// Consents reports whether words are a person's consent to messages.
	Consents func(words string) bool
	// Gateway carries the messages of chatbots that have no account to send by; nil: they are not carried.
	Gateway dispatch.Bearer
	// Key seals access tokens: 32 octets or more, the same on all nodes.
	Key []byte
	Log *slog.Logger
	Now func() time.Time
}
