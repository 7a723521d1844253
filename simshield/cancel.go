package simshield

import (
	"context"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
)

// Cancel takes a party's transaction back; ReasonEnded where it has ended otherwise. Cancelling again is no error.
func (s *Service) Cancel(ctx context.Context, party, id string) (Transaction, error) {
	p, err := s.pending.Do(ctx, id)
	switch {
	case err != nil:
		return Transaction{}, err
	case p.row == nil || p.row.Party != party:
		return Transaction{}, errUnknown
	}
	if !p.row.Final() {
		if err := s.end(ctx, end{row: p.row, key: p.key, state: StateCancelled, cause: CauseParty, recall: true}); err != nil {
			return Transaction{}, err
		}
	}
	t, err := s.Transaction(ctx, party, id)
	if err == nil && t.State != StateCancelled {
		return t, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonEnded, Msg: "the transaction has ended: " + string(t.State)}
	}
	return t, err
}

// CancelRegistration takes a party's registration back that is open or awaits approval, so that the applet on the card is free for another;
// ReasonEnded where it has ended otherwise, ReasonUnknownRegistration for another's. Keys that are certified and installed stay. Cancelling
// again is no error.
func (s *Service) CancelRegistration(ctx context.Context, party, id string) (Registration, error) {
	ended := false
	err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		ended = false
		r, err := lockRegistration(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case r == nil || r.Party != party:
			return errUnknownRegistration
		case r.State == RegistrationFailed && r.Cause == CauseParty:
			return nil
		case r.State != RegistrationOpen && r.State != RegistrationAwaiting:
			return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonEnded, Msg: "the registration has ended: " + r.State}
		}
		ended = true
		return s.cancelRegistration(ctx, tx, *r)
	})
	if err != nil {
		return Registration{}, err
	}
	r, err := s.Registration(ctx, party, id)
	if ended && err == nil {
		s.metrics.enrolled.WithLabelValues(r.Application.String(), RegistrationFailed).Inc()
	}
	return r, err
}

// cancelRegistration ends a registration, and takes the question back.
func (s *Service) cancelRegistration(ctx context.Context, tx *sqldb.Tx, r Registration) error {
	if err := moveRegistration(ctx, tx, r.ID, RegistrationFailed, CauseParty); err != nil {
		return err
	}
	if err := s.endKeys(ctx, tx, keyEnded, CauseParty, "registration = $3 and state = 'pending'", r.ID); err != nil {
		return err
	}
	return s.recallRegistration(ctx, tx, r)
}

// recallRegistration takes the question of a registration back: from the queue, or from the card.
func (s *Service) recallRegistration(ctx context.Context, tx *sqldb.Tx, r Registration) error {
	kinds, err := kindsOf(ctx, tx, r.ID)
	if err != nil || r.State == RegistrationAwaiting {
		return err
	}
	var refs []string
	for _, kind := range kinds {
		refs = append(refs, enrolmentRef(r.ID, kind, stepEnrol), enrolmentRef(r.ID, kind, stepInstall))
	}
	unsent, err := s.gateway.Withdraw(ctx, tx, refs...)
	if err != nil || len(unsent) > 0 {
		return err
	}
	return s.gateway.Submit(ctx, tx, gateway.Submission{ICCID: r.iccid, TAR: ota.TAR(r.Application.TAR()),
		Data: applet.Cancel{ID: appletID(r.ID)}.Append(nil), Expires: s.now().Add(recallTime), Ref: r.ID})
}
