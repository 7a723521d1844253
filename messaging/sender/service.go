package sender

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

// Service keeps the senders. Its methods are safe for concurrent use.
type Service struct {
	Deps
	cfg       Config
	standings *cache
}

// New returns the service over a migrated store.
func New(d Deps, c Config) *Service {
	return &Service{Deps: d, cfg: c.complete(), standings: newCache(d.Now)}
}

// now is the time as the store keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// alter changes a chatbot in one transaction, with its act on record, and has this node read it anew.
func (s *Service) alter(ctx context.Context, id string, change func(tx *sqldb.Tx, c *Chatbot) (act string, d Decision, err error)) (c Chatbot, err error) {
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(func() { s.standings.forget(id) })
		if c, err = chatbotByID(ctx, tx, id); err != nil {
			return err
		}
		act, d, err := change(tx, &c)
		if err != nil || act == "" {
			return err
		}
		if err := updateChatbot(ctx, tx, c); err != nil {
			return err
		}
		return s.record(ctx, tx, id, act, d)
	})
	return c, err
}
