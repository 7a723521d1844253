package authn

import (
	"context"
	"errors"

	"simtrust"
	"simtrust/authn/radius"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Account applies an accounting record and returns once it is durable: nil means acknowledge. With an error nothing is
// acknowledged, and the NAS sends the record again; applying it twice is the same as once. Concurrent records share a commit.
func (s *Service) Account(ctx context.Context, r radius.Record) error {
	if err := s.listening(ctx); err != nil {
		return err
	}
	c, sim, err := s.judge(ctx, r)
	if err != nil {
		return err
	}
	if err := s.observe(ctx, r, c.owner, sim); err != nil {
		return err
	}
	if err := s.write(ctx, c); err != nil {
		return err
	}
	s.metrics.accounted(r.Status, c.quarantine)
	s.warnOnce(c.quarantine)
	return nil
}

// warnOnce tells of the first record of a NAS that opens no session for a reason: the metric counts the rest.
func (s *Service) warnOnce(q *quarantined) {
	if q == nil {
		return
	}
	if _, known := s.warned.LoadOrStore([2]string{q.nas, q.reason}, struct{}{}); !known {
		s.log.Warn("an accounting record was acknowledged but opens no session; further ones with this outcome are only counted",
			"nas", q.nas, "status", q.what, "outcome", q.reason)
	}
}

// observe tells of the phone that the primary SIM is in; other SIMs of a tenure are in other devices, a watch perhaps. It comes
// before the commit, so that a crash in between only tells again.
func (s *Service) observe(ctx context.Context, r radius.Record, o owner, sim renumber.SIM) error {
	if o.unowned() || !sim.Primary || r.IMEISV == "" {
		return nil
	}
	err := s.devices.ObserveDevice(ctx, o.tenure, r.IMEISV, r.At)
	if simtrust.KindOf(err) == simtrust.KindInvalid {
		return nil // not an IMEI after all; the session stands without it
	}
	return err
}

// write makes a change durable and notes whether the store takes writes.
func (s *Service) write(ctx context.Context, c change) error {
	_, err := s.changes.Do(ctx, c)
	switch {
	case err == nil:
		s.wrote.Store(s.now().UnixMilli())
	case ctx.Err() == nil && errors.Is(err, &simtrust.Error{Kind: simtrust.KindUnavailable}):
		s.wrote.Store(0)
	}
	return err
}

// apply merges a batch of changes into the store.
func (s *Service) apply(ctx context.Context, tx *sqldb.Tx, batch []change) ([]sqldb.Result[struct{}], error) {
	m := newMerge()
	for _, c := range batch {
		m.add(c)
	}
	if err := m.save(ctx, tx, s.now().UnixMilli()); err != nil {
		return nil, err
	}
	return make([]sqldb.Result[struct{}], len(batch)), nil
}
