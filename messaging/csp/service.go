package csp

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const (
	keep      = 30 * 24 * time.Hour // of what was sent, after its end
	pruneTime = time.Hour
)

// Service is the face. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
	tokens  *sqldb.Coalescer[string, account]
	records *sqldb.Coalescer[sent, struct{}]
}

// New returns the face over a migrated store; Close releases it.
func New(d Deps, c Config) *Service {
	return &Service{Deps: d, Config: c, tokens: sqldb.NewReadCoalescer(d.DB, "csp.token", accountsByToken), records: sqldb.NewCoalescer(d.DB, "csp.sent", record)}
}

// Close ends what runs behind Service's methods.
func (s *Service) Close() {
	s.tokens.Close()
	s.records.Close()
}

// Run removes what is not asked about any more, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old 5G messages cannot be removed", "error", err)
			}
		}
	}
}

func refusal(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: "messaging.csp", Msg: msg}
}

func invalid(reason, msg string) error { return refusal(simtrust.KindInvalid, reason, msg) }
