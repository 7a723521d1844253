package optin

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_optin", FS: migrations}
}

// Service keeps the opt-ins. It is safe for concurrent use.
type Service struct {
	db       *sqldb.DB
	holders  Holders
	chatbots Chatbots
	outbox   Events
	now      func() time.Time
	cfg      Config
	log      *slog.Logger
	requests *sqldb.Coalescer[request, Entry]
}

const (
	leastKey        = 32 // octets
	renewalsPerDay  = 100
	changesPerDay   = 1000
	keep            = 3 * 365 * 24 * time.Hour
	millisecondsDay = 24 * 60 * 60 * 1000
)

// New returns the service over a migrated store.
func New(d Deps, c Config) (*Service, error) {
	if len(c.NumberKey) < leastKey {
		return nil, errors.New("optin: the key of the numbers' hashes has fewer than 32 octets")
	}
	c.Keep = cmp.Or(c.Keep, keep)
	c.RenewalsPerDay, c.ChangesPerDay = cmp.Or(c.RenewalsPerDay, renewalsPerDay), cmp.Or(c.ChangesPerDay, changesPerDay)
	s := &Service{db: d.DB, holders: d.Holders, chatbots: d.Chatbots, outbox: d.Outbox, now: d.Now, cfg: c, log: cmp.Or(d.Log, slog.Default())}
	s.requests = sqldb.NewCoalescer(d.DB, "messaging.optin", s.change, sqldb.WithWorkers(1)) // a second would wait for the same rows
	return s, nil
}

// Close ends the worker behind the changes; those after it fail.
func (s *Service) Close() { s.requests.Close() }

// OptIn binds an opt-in to the tenure that was current when it was obtained. If that is not today's, nothing is bound. Errors:
// KindConflict with [ReasonRecipientChanged] or [ReasonSuperseded], KindDenied with [ReasonRefused], KindLimited with
// [ReasonRenewalLimit] or [ReasonChangesLimit]; KindInvalid, for an instant in the future or before the record with renumber.ReasonOutOfWindow; KindUnavailable.
func (s *Service) OptIn(ctx context.Context, o OptIn) (Entry, error) {
	if o.Basis == "" {
		o.Basis = Consent
	}
	if err := o.check(); err != nil {
		return Entry{}, err
	}
	now := instant(s.now())
	tenure, err := s.holderAt(ctx, o.Number, o.Obtained)
	if err != nil {
		return Entry{}, err
	}
	holds, err := s.holder(ctx, o.Number)
	if err != nil {
		return Entry{}, err
	}
	obtained := now
	if o.Obtained != nil {
		obtained = instant(*o.Obtained)
	}
	return s.requests.Do(ctx, request{action: ActionOptIn, client: o.Client, holds: holds, Entry: Entry{
		Chatbot: o.Chatbot, Tenure: tenure, State: StateActive, Basis: o.Basis, Obtained: obtained, Evidence: o.Evidence,
		Recorded: now, Changed: now, number: s.hasher(o.Chatbot)(o.Number),
	}})
}

// Withdraw ends whatever a chatbot has under a number. It is the same for a number that never opted in.
func (s *Service) Withdraw(ctx context.Context, chatbot, client string, n simtrust.Number) error {
	_, err := s.requests.Do(ctx, request{action: ActionWithdrawal, client: client, Entry: Entry{
		Chatbot: chatbot, Changed: instant(s.now()), number: s.hasher(chatbot)(n),
	}})
	return err
}

// Refuse records that the person who holds a tenure refuses a chatbot. Refusing again is no error. Errors: KindConflict with
// [ReasonRecipientChanged] where the tenure is not current any more; KindUnavailable.
func (s *Service) Refuse(ctx context.Context, chatbot string, tenure simtrust.TenureID) error {
	r, err := s.spoken(ctx, refusalOf(chatbot, tenure))
	if err == nil {
		_, err = s.requests.Do(ctx, r)
	}
	return err
}

func refusalOf(chatbot string, tenure simtrust.TenureID) request {
	return request{action: ActionRefusal, Entry: Entry{Chatbot: chatbot, Tenure: tenure, State: StateRefused}}
}

// startOf is that the person opts in from their phone, which ends a refusal too.
func (s *Service) startOf(chatbot string, tenure simtrust.TenureID) request {
	now := instant(s.now())
	return request{action: ActionStart, Entry: Entry{
		Chatbot: chatbot, Tenure: tenure, State: StateActive, Basis: Consent, Obtained: now, Evidence: "START", Recorded: now,
	}}
}

// spoken is a request as the holder of a current tenure makes it now.
func (s *Service) spoken(ctx context.Context, r request) (request, error) {
	live, err := s.live(ctx, []simtrust.TenureID{r.Tenure})
	if err != nil {
		return r, err
	}
	h, ok := live[r.Tenure]
	if !ok {
		return r, errChanged
	}
	r.Changed, r.number = instant(s.now()), s.hasher(r.Chatbot)(h.number)
	return r, nil
}

// instant cuts t to the precision of the record: whole milliseconds, UTC.
func instant(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }
