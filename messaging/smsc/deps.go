package smsc

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// Reports takes what became of copies (dispatch.Service).
type Reports interface {
	Report(ctx context.Context, channel dispatch.Channel, list []dispatch.Report) error
}

// Inbound is a text that a person sent to a chatbot.
type Inbound struct {
	// ID is made here; see the package's comment for when two texts have the same. What they answer is the Inbox's to know.
	ID   string
	From simtrust.Number
	// Chatbot is the id of the chatbot whose address the text was sent to.
	Chatbot string
	Text    string
}

// Inbox takes what persons say. What comes again under its ID changes nothing, unless it answers another message.
type Inbox interface {
	// Received takes a text. After an error of kind unavailable the service centre delivers it again; any other refuses it for good.
	Received(ctx context.Context, m Inbound) error
}

// Deps is what the package stands on.
type Deps struct {
	DB      *sqldb.DB
	Reports Reports
	Inbox   Inbox
	Log     *slog.Logger
	Now     func() time.Time
}

// ReceiptIDs is how the ids in receipts relate to those in answers to submissions.
type ReceiptIDs string

// The relations that are met. With the last two only the text of a receipt is in another form, not its parameter receipted_message_id.
const (
	SameIDs    ReceiptIDs = ""        // alike, but for the case of letters
	DecimalIDs ReceiptIDs = "decimal" // decimal in receipts, hexadecimal in answers
	HexIDs     ReceiptIDs = "hex"     // hexadecimal in receipts, decimal in answers
)

// Config is where the service centre is, and how it is bound to.
type Config struct {
	Address  string // host:port
	SystemID string
	Password smpp.Secret
	// Dial connects; nil: by TCP. A crypto/tls Dialer makes it SMPP over TLS.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Source is the operator's base number, 1 to 15 digits, with a plus sign where it is international.
	Source string
	IDs    ReceiptIDs
	// CardService is the service_type of texts on the channel of card messages, up to 5 characters, where the operator has one; empty: they
	// go out as any text does.
	CardService string
	// Key keys what is kept of persons' addresses and texts: 32 octets or more, the same for good.
	Key []byte

	// Window is how many requests may be without an answer; 0: 100.
	Window int
	// Answer is how long an answer may take; 0: 5 s. A submission is only begun where there is as long left for it.
	Answer time.Duration
	// Early is how long a receipt waits for the id that it names to become known; 0: 2 s.
	Early time.Duration
	// MinBackoff and MaxBackoff are the pauses between attempts to bind; 0: 1 s and 1 min.
	MinBackoff, MaxBackoff time.Duration
}

func (c Config) withDefaults() Config {
	c.Window, c.Answer, c.Early = cmp.Or(c.Window, 100), cmp.Or(c.Answer, 5*time.Second), cmp.Or(c.Early, 2*time.Second)
	return c
}
