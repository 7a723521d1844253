package simshield

import (
	"context"

	"simtrust"
	"simtrust/simshield/applet"
)

// KeyReq names a login or document key by whom it serves.
type KeyReq struct {
	Party       string
	Number      simtrust.Number
	Application applet.Application
	Kind        applet.Kind
	// NationalID is the person's; empty: whoever holds the number.
	NationalID string
}

// Key returns the key that would sign now, with its certificate, as SignHash finds it. The errors: ReasonNotEnrolled, ReasonNotCurrent,
// ReasonCertificate, those of the party. A transaction key is not to be had.
func (s *Service) Key(ctx context.Context, req KeyReq) (Key, error) {
	if req.Kind != applet.KindLogin && req.Kind != applet.KindDocument {
		return Key{}, invalid(ReasonRequest, "kind: login or document")
	}
	p, err := s.party(ctx, req.Party)
	if err != nil {
		return Key{}, err
	}
	o := &opening{party: p, application: req.Application, kind: req.Kind, nationalID: req.NationalID, expires: s.now()}
	err = s.find(ctx, o, req.Number)
	return o.key, err
}

// Signer returns the key that a party's transaction asks; ReasonUnknown for another's.
func (s *Service) Signer(ctx context.Context, party, id string) (Key, error) {
	p, err := s.pending.Do(ctx, id)
	switch {
	case err != nil:
		return Key{}, err
	case p.row == nil || p.key == nil || p.row.Party != party:
		return Key{}, errUnknown
	}
	return *p.key, nil
}
