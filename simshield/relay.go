package simshield

import (
	"bytes"
	"context"
	"time"

	"simtrust"
	"simtrust/simshield/request"
)

// Relayed names a party's transaction by what only those know who have the party's request.
type Relayed struct {
	Party string
	Order string
	// Digest is the request's; see request.Request.
	Digest []byte
	// Tenure is who was asked.
	Tenure simtrust.TenureID
}

// CheckRelayed reads a transfer that somebody else carries for the party that signed it, and asks nobody. The errors are those of Confirm
// that have to do with the request alone.
func (s *Service) CheckRelayed(ctx context.Context, signed string) (request.Request, error) {
	p, r, now, err := s.readRelayed(ctx, signed)
	if err != nil {
		return request.Request{}, err
	}
	_, err = s.statementFor(p, r, now)
	return *r, err
}

// ConfirmRelayed is Confirm for the party that signed the request, to whom the transaction belongs; what the party asked for itself is the
// same one. It is ReasonNotCurrent where the tenure that is meant does not hold the number, or another was asked.
func (s *Service) ConfirmRelayed(ctx context.Context, signed string, meant simtrust.TenureID) (Transaction, error) {
	if meant == "" {
		return Transaction{}, invalid(ReasonRequest, "tenure: who is meant is missing")
	}
	p, r, now, err := s.readRelayed(ctx, signed)
	if err != nil {
		return Transaction{}, err
	}
	t, err := s.confirmFrom(ctx, p, r, signed, meant, now)
	if err == nil && t.tenure != meant {
		return Transaction{}, errNotCurrent
	}
	return t, err
}

// readRelayed verifies a transfer by the keys of the party that it says it is from. A party that there is not has no keys.
func (s *Service) readRelayed(ctx context.Context, signed string) (Party, *request.Request, time.Time, error) {
	now := s.now()
	if len(signed) > maxRequest {
		return Party{}, nil, now, invalid(ReasonRequest, "the request is longer than %d octets", maxRequest)
	}
	issuer, err := request.Issuer(signed)
	if err != nil {
		return Party{}, nil, now, unreadable(err)
	}
	p, err := s.party(ctx, issuer)
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		err = errUnsigned
	}
	if err != nil {
		return Party{}, nil, now, err
	}
	r, err := s.readRequest(p, signed, now)
	switch {
	case err != nil:
	case !p.Confirms:
		err = errPartyScope
	case r.Transfer == nil:
		err = invalid(ReasonRequest, "only transfers are relayed")
	}
	return p, r, now, err
}

// WaitRelayed is Wait for who carried the request. ReasonUnknown: the party's order was never put, or with another content, or to
// another tenure.
func (s *Service) WaitRelayed(ctx context.Context, r Relayed, while time.Duration) (Transaction, error) {
	id, err := s.relayed(ctx, r)
	if err != nil {
		return Transaction{}, err
	}
	return s.Wait(ctx, r.Party, id, while)
}

// CancelRelayed is Cancel for who carried the request.
func (s *Service) CancelRelayed(ctx context.Context, r Relayed) (Transaction, error) {
	id, err := s.relayed(ctx, r)
	if err != nil {
		return Transaction{}, err
	}
	return s.Cancel(ctx, r.Party, id)
}

// relayed finds the transaction of a request.
func (s *Service) relayed(ctx context.Context, r Relayed) (id string, err error) {
	list, err := findByRefs(ctx, s.db, r.Party, []string{r.Order})
	if err != nil {
		return "", err
	}
	if len(list) != 1 || !bytes.Equal(list[0].digest, r.Digest) || list[0].tenure != r.Tenure {
		return "", errUnknown
	}
	return list[0].ID, nil
}

// What a party could not ask for with a token of its own is not carried for it either.
var errPartyScope = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonPartyScope, Msg: "the application was not registered for " + ScopeConfirm}
