package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
)

// earlier returns what an earlier request under the same key got.
func (s *Service) earlier(ctx context.Context, req IssueReq) (c Certificate, ok bool, err error) {
	if req.RequestKey == "" {
		return Certificate{}, false, nil
	}
	digest, id, err := requestByKey(ctx, s.db, req.RequestKey)
	if err != nil || id == "" {
		return Certificate{}, false, err
	}
	own, err := req.digest()
	if err != nil {
		return Certificate{}, false, err
	}
	if !bytes.Equal(own, digest) {
		return Certificate{}, false, conflict(ReasonRequestDiffers, "the same request key came with other content before")
	}
	c, err = s.finished(ctx, id)
	return c, true, err
}

// finished returns an issued certificate, or says why it is none.
func (s *Service) finished(ctx context.Context, id string) (Certificate, error) {
	c, err := s.Certificate(ctx, id)
	switch {
	case err != nil:
		return Certificate{}, err
	case c.State == StateAbandoned:
		return Certificate{}, errAbandoned
	case c.State == StateSigning:
		return Certificate{}, conflict(ReasonInProgress, "the same request is being signed")
	}
	return c, nil
}

// ByRequest returns the certificate that was begun under a request key, in whatever state it is. Errors: KindNotFound.
func (s *Service) ByRequest(ctx context.Context, key string) (Certificate, error) {
	_, id, err := requestByKey(ctx, s.db, key)
	if err != nil {
		return Certificate{}, err
	}
	if id == "" {
		return Certificate{}, errUnknownCertificate
	}
	return s.Certificate(ctx, id)
}

// collided answers a request of which something unique was there already: its key, its token or, once in the life of the universe,
// its serial number.
func (s *Service) collided(ctx context.Context, req IssueReq) (Certificate, error) {
	if c, ok, err := s.earlier(ctx, req); ok || err != nil {
		return c, err
	}
	spent, err := tokenSpent(ctx, s.db, req.Token)
	if err != nil {
		return Certificate{}, err
	}
	if spent {
		return Certificate{}, errTokenSpent
	}
	return Certificate{}, fmt.Errorf("a serial number was taken")
}

// digest is over everything that makes two requests the same.
func (req IssueReq) digest() ([]byte, error) {
	spki, err := marshalKey(req.Key)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(struct {
		Profile, Issuer, RelyingParty string
		CSR, Key                      []byte
		Subject                       Subject
		SANs                          SANs
		Tenure                        simtrust.TenureID
		NotAfter                      int64
		PairOf                        string `json:",omitzero"`
	}{req.Profile, req.Issuer, req.RelyingParty, req.CSR, spki, req.Subject, req.SANs, req.Tenure, req.NotAfter.Unix(), req.PairOf})
	sum := sha256.Sum256(text)
	return sum[:], err
}

func marshalKey(key crypto.PublicKey) ([]byte, error) {
	if key == nil {
		return nil, nil
	}
	return smx509.MarshalPKIXPublicKey(key)
}
