package simshield

import (
	"context"
	"errors"
	"sync"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

const (
	// recallTime is how long a card is told to drop a prompt.
	recallTime = time.Minute
	// grace is how long after its end a transaction waits for an answer that was under way.
	grace      = 2 * time.Second
	sweepEvery = time.Second
	sweepBatch = 500
)

// TenureEnded ends the keys on a tenure and what was being confirmed with them. Idempotent.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	return s.lose(ctx, e.Tenure, CauseTenureEnded, "")
}

// SIMChanged ends the keys of a tenure that are on another card than the one that serves the number now, and what was being confirmed with
// them. Idempotent.
func (s *Service) SIMChanged(ctx context.Context, e simtrust.SIMChanged) error {
	live, err := s.holders.Live(ctx, []simtrust.TenureID{e.Tenure})
	if err != nil {
		return err
	}
	return s.lose(ctx, e.Tenure, CauseSIMChanged, primary(live[e.Tenure]))
}

// lose ends what a tenure has on cards other than the kept one: registrations first, after which they bring no key that it does not see.
func (s *Service) lose(ctx context.Context, tenure simtrust.TenureID, cause, kept string) error {
	err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return errors.Join(
			failRegistrations(ctx, tx, tenure, kept, cause),
			s.endKeys(ctx, tx, keyEnded, cause, "tenure = $3 and iccid <> $4 and state <> 'ended'", string(tenure), kept))
	})
	if err != nil {
		return err
	}
	return s.endAll(ctx, StateCancelled, cause, "tenure = $1 and iccid <> $2", string(tenure), kept)
}

// endAll ends all open transactions that a condition holds for, many at once. One that cannot be ended keeps none of the others.
func (s *Service) endAll(ctx context.Context, state State, cause, where string, args ...any) error {
	for {
		list, err := openTransactions(ctx, s.db, where, sweepBatch, args...)
		if err != nil || len(list) == 0 {
			return err
		}
		ends := make([]end, len(list))
		for i := range list {
			ends[i] = end{row: &list[i], state: state, cause: cause, recall: true}
		}
		if err := s.endTogether(ctx, ends); err != nil {
			return err
		}
	}
}

// endTogether ends transactions in one batch. What fails there, for one that is damaged spoils the batch, is tried alone.
func (s *Service) endTogether(ctx context.Context, ends []end) error {
	failed := make([]bool, len(ends))
	var together sync.WaitGroup
	for i, e := range ends {
		together.Go(func() { failed[i] = s.end(ctx, e) != nil })
	}
	together.Wait()
	var errs []error
	for i, e := range ends {
		if failed[i] {
			errs = append(errs, s.end(ctx, e))
		}
	}
	return errors.Join(errs...)
}

// endKeys ends or suspends keys, and has their certificates follow.
func (s *Service) endKeys(ctx context.Context, tx *sqldb.Tx, state, cause, where string, args ...any) error {
	keys, err := moveKeys(ctx, tx, state, cause, where, args...)
	if err != nil {
		return err
	}
	for _, k := range keys {
		event := KeyEnded{Key: k.id, Certificate: k.certificate, State: state, Cause: cause}
		if err := s.outbox.Append(ctx, tx, simtrust.TenureID(k.id), k.changes, event); err != nil {
			return err
		}
	}
	return nil
}

// KeyEnded has a certificate follow its key (an event of this module): whatever the event says, to where the key is now. Idempotent.
func (s *Service) KeyEnded(ctx context.Context, e KeyEnded) error {
	keys, err := readKeys(ctx, s.db, []string{e.Key})
	if err != nil {
		return err
	}
	k := keys[e.Key]
	if k == nil {
		return nil
	}
	_, err = s.authority.Revoke(ctx, ca.RevokeReq{ID: k.Certificate, Reason: k.revocation(), By: "simshield", Officer: true})
	switch simtrust.ReasonOf(err) {
	case ca.ReasonAlreadyRevoked, ca.ReasonNotOnHold, ca.ReasonExpired:
		return nil
	}
	return err
}

// Suspend stops all keys of a number's holder at once, for suspected theft, and cancels what is open, registrations too: a key that was
// on its way would otherwise be the thief's.
func (s *Service) Suspend(ctx context.Context, n simtrust.Number) error {
	h, err := s.holders.Current(ctx, n)
	if err != nil {
		return err
	}
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return errors.Join(
			failRegistrations(ctx, tx, h.ID, "", CauseSuspended),
			cool(ctx, tx, s.now(), "tenure = $2 and state in ('pending', 'active')", string(h.ID)),
			s.endKeys(ctx, tx, keyEnded, CauseSuspended, "tenure = $3 and state = 'pending'", string(h.ID)),
			s.endKeys(ctx, tx, keySuspended, CauseSuspended, "tenure = $3 and state = 'active'", string(h.ID)))
	})
	if err != nil {
		return err
	}
	return s.endAll(ctx, StateCancelled, CauseSuspended, "tenure = $1", string(h.ID))
}

// Resume ends a suspension of the keys that the party registered, on the card that serves the number: whoever identified the person then
// is to be sure again, and for a while the lower limit holds. Any party that registers persons may suspend; none lets others' keys sign again.
func (s *Service) Resume(ctx context.Context, party string, n simtrust.Number) error {
	h, err := s.holders.Current(ctx, n)
	if err != nil {
		return err
	}
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		return errors.Join(
			cool(ctx, tx, s.now(), "tenure = $2 and iccid = $3 and party = $4 and state = 'suspended'", string(h.ID), primary(h), party),
			s.endKeys(ctx, tx, keyActive, "", "tenure = $3 and iccid = $4 and party = $5 and state = 'suspended'", string(h.ID), primary(h), party))
	})
}

// Run ends what has expired and wakes those who wait for ends on other nodes, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	sweep, prune := time.NewTicker(sweepEvery), time.NewTicker(pruneEvery)
	defer sweep.Stop()
	defer prune.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-sweep.C:
			err = errors.Join(s.Sweep(ctx), s.watch(ctx))
		case <-prune.C:
			err = s.Prune(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "transactions were not ended in time", "error", err)
		}
	}
}

// Sweep ends transactions and registrations that have expired.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(
		s.endAll(ctx, StateExpired, "", "expires <= $1", s.now().Add(-grace).UnixMilli()),
		s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return s.sweepRegistrations(ctx, tx) }))
}

func (s *Service) sweepRegistrations(ctx context.Context, tx *sqldb.Tx) error {
	expired, err := expireRegistrations(ctx, tx, s.now())
	for _, id := range expired {
		err = errors.Join(err, s.endKeys(ctx, tx, keyEnded, CauseExpired, "registration = $3 and state = 'pending'", id))
	}
	return err
}

// watch wakes those who wait here for what ended on other nodes.
func (s *Service) watch(ctx context.Context) error {
	ended, err := endedSince(ctx, s.db, s.now().Add(-5*sweepEvery))
	s.waiting.Wake(ended...)
	return err
}
