package purchase

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

// move is a rule of Standing with what it is about; txn is the transaction on the SIM where that becomes known.
type move struct {
	to  func(p Purchase, now time.Time) Standing
	txn string
}

// change moves a purchase and returns how it stands then. What ends it is signed, told and kept in the transaction of the change.
func (s *Service) change(ctx context.Context, id string, m move) (p Purchase, moved bool, err error) {
	err = s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		var found bool
		if p, found, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if !found {
			return errUnknown
		}
		now := s.Now()
		next := m.to(p, now)
		if moved = next != p.Standing; !moved {
			return nil
		}
		p.due = dueAfter(p, next, now)
		p.Standing = next
		if p.Transaction == "" {
			p.Transaction = m.txn
		}
		return s.keep(ctx, tx, &p, now)
	})
	return p, moved, err
}

// dueAfter is when a purchase is looked at after a change: at once, too, where its end is to be told to the person. One that is stopped while
// the SIM is about to be asked stays with who is at it, so that nobody takes it for one whose SIM was never asked.
func dueAfter(p Purchase, next Standing, now time.Time) time.Time {
	switch {
	case next.Final():
		if p.heard(next) {
			return now
		}
		return time.Time{}
	case next.State != p.State, next.State == StateSigning:
		return now
	}
	return p.due
}

// keep saves a change, and at the end the one result.
func (s *Service) keep(ctx context.Context, tx *sqldb.Tx, p *Purchase, now time.Time) error {
	id, final := p.ID, p.Final()
	if final {
		p.Ended, p.request = now.UTC().Truncate(time.Millisecond), ""
		var err error
		if p.Result, err = s.sign(*p); err != nil {
			return err
		}
	}
	if err := save(ctx, tx, *p); err != nil {
		return err
	}
	tx.OnCommit(func() {
		s.wake()
		if final {
			s.waiting.Wake(id)
		}
	})
	if !final {
		return nil
	}
	return s.Events.Publish(ctx, tx, answered(*p))
}
