package onetap

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
)

// Deliveries knows where deliveries stand (dispatch.Service).
type Deliveries interface {
	// Status returns where deliveries stand; those that there are not are missing.
	Status(ctx context.Context, deliveries ...string) ([]dispatch.Status, error)
}

// Sender is a chatbot as persons know it.
type Sender struct{ Name, Brand string }

// Senders knows chatbots.
type Senders interface {
	// Known fails for a chatbot that there is not: KindNotFound; KindUnavailable.
	Known(ctx context.Context, chatbot string) error
	// Live returns a chatbot that may send now. Errors: KindDenied, KindNotFound, KindUnavailable.
	Live(ctx context.Context, chatbot string) (Sender, error)
}

// Tenures knows who holds a number still.
type Tenures interface {
	// Current reports whether a tenure is the holder's now. Error: KindUnavailable.
	Current(ctx context.Context, tenure simtrust.TenureID) (bool, error)
}

// Ticket is one login of the person behind a tenure at an app.
type Ticket struct {
	// ID is the link's: the same is the same ticket, for good.
	ID     string
	Tenure simtrust.TenureID
	// App is a client_id, Target where in the app the person is to arrive.
	App, Target string
	Expires     time.Time
}

// Tickets has the provider make tickets (operation authn.ticket).
type Tickets interface {
	// Ticket returns the URL where the login begins. Errors: KindConflict for a ticket that is spent; KindDenied for a tenure that has
	// ended; KindNotFound, KindUnprocessable, KindInvalid for an app that cannot be opened so; KindLimited; KindUnavailable.
	Ticket(ctx context.Context, t Ticket) (url string, err error)
}

// Deps is what the package stands on.
type Deps struct {
	DB         *sqldb.DB
	Deliveries Deliveries
	Senders    Senders
	Tenures    Tenures
	Tickets    Tickets
	Log        *slog.Logger
	Now        func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Issuer is the server's URL; links are below it.
	Issuer string
	// Key keys the tokens of links: 32 octets or more, the same for good.
	Key []byte
}

// Life is how long a link is good, from the acceptance of its message: less than tickets live, so that nodes' clocks need not agree.
const Life = messaging.MaxLoginLife

// How often one link may be looked at and pressed: more than a person does and previews do, less than would be work.
var (
	looks   = rpc.Rate{PerSecond: 20, Burst: 400}
	presses = rpc.Rate{PerSecond: 1, Burst: 20}
)

// Service makes links and opens them. Its methods are safe for concurrent use.
type Service struct {
	Deps
	issuer string
	base   string // what links begin with
	codec  codec
	looks  *rpc.Pace
	press  *rpc.Pace
}

var _ messaging.Logins = (*Service)(nil)

// New returns the service over a migrated store.
func New(d Deps, c Config) *Service {
	return &Service{Deps: d, issuer: c.Issuer, base: c.Issuer + pathLink, codec: codec{c.Key}, looks: rpc.NewPace(looks, d.Now), press: rpc.NewPace(presses, d.Now)}
}
