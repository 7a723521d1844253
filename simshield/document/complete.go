package document

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"simtrust"
	"simtrust/ca/tsp"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// Signed completes the document that a signature is for (an event of simshield). Idempotent.
func (s *Service) Signed(ctx context.Context, e simshield.Signed) error {
	r, err := s.find(ctx, `txn = $1 and txn <> ''`, e.ID)
	if err != nil || r == nil || !r.Kept {
		return err
	}
	t, err := s.Shield.Transaction(ctx, r.Party, r.Transaction)
	if err != nil {
		return err
	}
	_, err = s.signed(ctx, r, t)
	return err
}

// signed returns the row with the signed document, and makes that where there is none.
func (s *Service) signed(ctx context.Context, r *row, t simshield.Transaction) (*row, error) {
	switch {
	case !r.Kept:
		return nil, errRemoved
	case len(r.Signed) > 0:
		return r, nil
	}
	octets, err := s.complete(ctx, r, t)
	if err != nil {
		return nil, err
	}
	if err := s.keep(ctx, r.ID, octets); err != nil {
		return nil, err
	}
	kept, err := s.find(ctx, `id = $1`, r.ID) // of two that were made at a time the first is the document
	if err == nil && (kept == nil || len(kept.Signed) == 0) {
		return nil, errRemoved
	}
	return kept, err
}

// complete puts the document together.
func (s *Service) complete(ctx context.Context, r *row, t simshield.Transaction) ([]byte, error) {
	k, err := s.Shield.Signer(ctx, r.Party, r.Transaction)
	if err != nil {
		return nil, err
	}
	f := forms[r.Format]
	public, err := applet.ParsePublicKey(k.PublicKey[:], k.Algorithm)
	if err == nil && (k.Kind != applet.KindDocument || t.Kind != applet.KindDocument || k.ID != r.Key || t.State != simshield.StateSigned) {
		err = errors.New("another key, or no signature")
	}
	if err == nil {
		err = applet.Verify(public, k.Algorithm, f.input(r.draft), t.Signature)
	}
	if err != nil {
		return nil, errors.Join(errSignature, err)
	}
	return f.complete(r.draft, &k, t.Signature, func(octets []byte) ([]byte, error) { return s.stamp(ctx, k.Algorithm, octets) })
}

// stamp has octets time-stamped.
func (s *Service) stamp(ctx context.Context, a applet.Algorithm, octets []byte) ([]byte, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails (Go 1.24)
	sum := a.Sum(octets)
	q := tsp.Query{Hash: tsp.SHA256, Digest: sum[:], Nonce: nonce}
	if a == applet.SM2 {
		q.Hash = tsp.SM3
	}
	_, token, err := q.Token(s.Stamper.Stamp(ctx, q.DER()))
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonNoStamp, Op: "document", Msg: "no time stamp can be had now", Err: err}
	}
	return token, nil
}

// Run forgets documents whose day is over, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "documents were not removed in time", "error", err)
		}
	}
}

// Sweep forgets documents whose day is over.
func (s *Service) Sweep(ctx context.Context) error {
	return s.remove(ctx, `created < $2`, s.Now().Add(-keepFor).UnixMilli())
}
