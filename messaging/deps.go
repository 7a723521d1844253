package messaging

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

// Senders knows chatbots (sender.Service).
type Senders interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
	// Live returns a chatbot that may send now. Errors: KindDenied with the reason why it may not; KindNotFound; KindUnavailable.
	Live(ctx context.Context, chatbot string) (sender.Chatbot, error)
	// Chatbot returns one, whatever it may do. Error: KindNotFound.
	Chatbot(ctx context.Context, chatbot string) (sender.Chatbot, error)
	// ByService returns the chatbot that telephones know by a service id. Error: KindNotFound.
	ByService(ctx context.Context, serviceID string) (sender.Chatbot, error)
	// TakeAll takes messages from quotas within tx, each taking with an answer of its own.
	TakeAll(ctx context.Context, tx *sqldb.Tx, takings []sender.Taking) (refused []error, err error)
	// Text fills an approved template of a chatbot.
	Text(ctx context.Context, chatbot, template string, values []string) (sender.Class, string, error)
	// Report counts a report of spam, once.
	Report(ctx context.Context, r sender.SpamReport) (counted bool, err error)
}

// Recipients knows who may be written to (optin.Service).
type Recipients interface {
	// Recipients answers for numbers, in their order. Errors: KindUnavailable, and then nobody may be written to.
	Recipients(ctx context.Context, q optin.Question, numbers []simtrust.Number) ([]optin.Recipient, error)
	// Still answers for tenures.
	Still(ctx context.Context, q optin.Question, tenures []simtrust.TenureID) ([]optin.Recipient, error)
	// Said tells whether a text that a person sent is a refusal or a START, and how that is recorded.
	Said(ctx context.Context, chatbot string, tenure simtrust.TenureID, text string) (optin.Heard, optin.Record, error)
}

// Holders says who holds a number now.
type Holders interface {
	// Holder returns the tenure of a number; empty: nobody holds it. Error: KindUnavailable.
	Holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error)
}

// Distribution brings messages to recipients (dispatch.Service).
type Distribution interface {
	// Carries reports whether there is a way for a channel.
	Carries(c dispatch.Channel) bool
	// Reach says which recipients a channel reaches now. Error: KindUnavailable.
	Reach(ctx context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error)
	// Check tells whether a message can be accepted.
	Check(o dispatch.Order) error
	// AcceptAll queues messages within tx, all of them or none.
	AcceptAll(ctx context.Context, tx *sqldb.Tx, orders ...dispatch.Order) error
	Revoke(ctx context.Context, tx *sqldb.Tx, message string, deliveries ...string) (int, error)
	// Status returns where deliveries stand, in any order; those that there are not are missing.
	Status(ctx context.Context, deliveries ...string) ([]dispatch.Status, error)
	// To returns where the delivery of a message to a tenure stands.
	To(ctx context.Context, message string, tenure simtrust.TenureID) (st dispatch.Status, ok bool, err error)
	// Counts returns how many deliveries of a message are in each state.
	Counts(ctx context.Context, message string) (map[dispatch.State]int64, error)
}

// Log takes what chatbots' people are told (events.Service).
type Log interface {
	Publish(ctx context.Context, tx *sqldb.Tx, list ...events.Event) error
}

// Notary signs who sent a message (statement.Notary).
type Notary interface {
	Make(s statement.Statement) (string, error)
}

// Deps is what the module stands on.
type Deps struct {
	DB           *sqldb.DB
	Senders      Senders
	Recipients   Recipients
	Holders      Holders
	Distribution Distribution
	Events       Log
	Notary       Notary
	Logins       Logins // nil: there are none
	Log          *slog.Logger
	Now          func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Issuer is the server's URL; short links and files are below it.
	Issuer string
	// Links is the URL that short links begin with, without a slash at its end; empty: the issuer's /m.
	Links string
	// Key keys the names of conversations and the digests of requests: 32 octets or more, the same for good.
	Key []byte
	// Files and FileOctets are how many files a chatbot may keep here, and how large they are together; 0: 10,000 and 1 GiB.
	Files, FileOctets int64
}
