package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Config is what the operator sets.
type Config struct {
	// SubjectKey keys the pairwise subjects: at least 256 bits, the same for the life of the installation. With another key
	// every app sees every holder as somebody new.
	SubjectKey []byte
	// Scopes returns those that an app may be registered for, beside purposes; nil lets every well-formed one in.
	Scopes func() []string
}

// Service is the module. Its methods are safe for concurrent use.
type Service struct {
	db         *sqldb.DB
	tenures    Tenures
	log        *slog.Logger
	now        func() time.Time
	subjectKey []byte
	scopes     func() []string
	apps       *appCache
	records    *sqldb.Coalescer[string, record]
	standings  *sqldb.Coalescer[bond, standing]
}

// New returns the module over its dependencies; Close releases it.
func New(d Deps, c Config) (*Service, error) {
	if len(c.SubjectKey) < 32 {
		return nil, errors.New("account: the subject key has fewer than 256 bits")
	}
	return &Service{
		db: d.DB, tenures: d.Tenures, log: d.Log, now: d.Now, subjectKey: c.SubjectKey, scopes: c.Scopes, apps: newAppCache(d.Now),
		records:   sqldb.NewReadCoalescer(d.DB, "account.app", readRecords),
		standings: sqldb.NewReadCoalescer(d.DB, "account.standing", readStandings),
	}, nil
}

// Close stops the module's readers.
func (s *Service) Close() {
	s.records.Close()
	s.standings.Close()
}

// ReasonTenureNotCurrent says that the tenure has ended, is out of sight or barred: nothing can be done on it. Denied.
const ReasonTenureNotCurrent = "tenure_not_current"

var errNotCurrent = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonTenureNotCurrent, Msg: "the number is no longer held as it was"}

// usable fails unless each of the tenures may act now.
func (s *Service) usable(ctx context.Context, ids ...simtrust.TenureID) error {
	live, err := s.tenures.Live(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if h, ok := live[id]; !ok || !h.Usable() {
			return errNotCurrent
		}
	}
	return nil
}

// change runs fn in one transaction, unless one of the tenures has ended. Whichever commits first, the end or the change, the
// other sees it: a change after the end is refused, and the end closes what was changed before.
func (s *Service) change(ctx context.Context, fn func(tx *sqldb.Tx, now time.Time) error, ids ...simtrust.TenureID) error {
	now := s.now()
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		ended, err := anyEnded(ctx, tx, ids)
		switch {
		case err != nil:
			return err
		case ended:
			return errNotCurrent
		}
		return fn(tx, now)
	})
}
