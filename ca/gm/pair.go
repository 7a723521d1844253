package gm

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
)

// Reasons of errors, beside those of ca and ca/csr.
const (
	ReasonProfile  = "no_pairs"   // invalid: certificates of this profile do not come in pairs
	ReasonKeyKind  = "not_sm2"    // invalid: the CSR's key is not on the SM2 curve
	ReasonCentre   = "key_centre" // unavailable: the key management side made no key
	ReasonEnvelope = "envelope"   // invalid: the envelope of a pair does not open with this key
)

const (
	encryption = "encryption" // the profile of the second certificate
	undoTime   = 5 * time.Second
)

// Service issues pairs. Its methods are safe for concurrent use.
type Service struct {
	authority Authority
	keys      KeyCentre
	second    *ca.Profile
	log       *slog.Logger
}

// New returns the service over its dependencies. It fails where the authority has no profile for encryption certificates.
func New(d Deps) (*Service, error) {
	p, ok := d.Authority.Profile(encryption)
	if !ok || !p.Escrowed {
		return nil, fmt.Errorf("gm: no profile %q for keys of the key management side", encryption)
	}
	return &Service{authority: d.Authority, keys: d.Keys, second: p, log: d.Log}, nil
}

// Pair is what a subscriber gets.
type Pair struct {
	Signing, Encryption ca.Certificate
	// Envelope is an SM2EnvelopedKey (GB/T 35276): the encryption certificate's private key, for the signing key alone.
	Envelope []byte
	// Response is a CSRResponse (GM/T 0092): both certificates and an envelope, DER.
	Response []byte
}

// PairReq asks for a pair; see ca.RedeemReq. Profile is that of the signing certificate.
type PairReq struct {
	Token, Profile, Requester string
	CSR                       []byte // DER
}

// Issue issues a pair. Errors: KindInvalid with [ReasonProfile] or [ReasonKeyKind]; KindUnavailable with [ReasonCentre]; those of
// ca.Service.Redeem.
func (s *Service) Issue(ctx context.Context, req PairReq) (Pair, error) {
	if err := s.check(req); err != nil {
		return Pair{}, err
	}
	signing, err := s.authority.Redeem(ctx, ca.RedeemReq{Token: req.Token, Profile: req.Profile, CSR: req.CSR, Requester: req.Requester})
	if err != nil {
		return Pair{}, err
	}
	pair, err := s.complete(ctx, signing, req.Requester)
	if err != nil {
		s.undo(ctx, signing, req.Requester)
		if pair.Encryption.ID != "" {
			s.undo(ctx, pair.Encryption, req.Requester)
		}
		return Pair{}, err
	}
	return pair, nil
}

// check refuses what could not become a pair, before a token is spent on it.
func (s *Service) check(req PairReq) error {
	p, ok := s.authority.Profile(req.Profile)
	if !ok || p.Escrowed || p.AnyLine || !slices.Contains(p.Keys, csr.SM2) || p.Validity > s.second.Validity || !s.canName(p) {
		return invalid(ReasonProfile, "certificates of this profile do not come in pairs")
	}
	r, err := csr.Parse(req.CSR)
	if err != nil {
		return err
	}
	if r.Algorithm != csr.SM2 {
		return invalid(ReasonKeyKind, "the signing key of a pair is an SM2 key")
	}
	return nil
}

// canName reports whether an encryption certificate can have every subject of a profile.
func (s *Service) canName(p *ca.Profile) bool {
	return !slices.ContainsFunc(p.Subject, func(r ca.AttributeRule) bool {
		return !slices.ContainsFunc(s.second.Subject, func(have ca.AttributeRule) bool { return have.Attribute == r.Attribute })
	})
}

// complete adds the encryption certificate and its key. The pair it returns beside an error may have the certificate already.
func (s *Service) complete(ctx context.Context, signing ca.Certificate, requester string) (Pair, error) {
	pair := Pair{Signing: signing}
	key, err := s.keys.MakeKey(ctx, signing)
	if err != nil {
		return pair, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonCentre, Op: "gm", Msg: "the key management side made no key", Err: err}
	}
	pair.Encryption, err = s.authority.Issue(ctx, ca.IssueReq{Profile: encryption, Key: key.Public(), PairOf: signing.Profile, Issuer: signing.Issuer,
		Subject: signing.Subject, Tenure: signing.Tenure, RelyingParty: signing.RelyingParty, NotAfter: signing.NotAfter, Requester: requester})
	if err != nil {
		return pair, err
	}
	err = pair.seal(key)
	return pair, err
}

// seal envelopes the encryption key to the signing certificate's.
func (p *Pair) seal(key *sm2.PrivateKey) error {
	signing, err := smx509.ParseCertificate(p.Signing.Raw)
	if err != nil {
		return err
	}
	second, err := smx509.ParseCertificate(p.Encryption.Raw)
	if err != nil {
		return err
	}
	to, ok := signing.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return fmt.Errorf("gm: certificate %s has a key of another kind", p.Signing.ID)
	}
	if p.Envelope, err = sm2.MarshalEnvelopedPrivateKey(rand.Reader, to, key); err != nil {
		return err
	}
	p.Response, err = smx509.MarshalCSRResponse([]*smx509.Certificate{signing}, key, []*smx509.Certificate{second})
	return err
}

// undo revokes one half of a pair that did not come about.
func (s *Service) undo(ctx context.Context, c ca.Certificate, by string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if _, err := s.authority.Revoke(ctx, ca.RevokeReq{ID: c.ID, Reason: ca.CessationOfOperation, By: by, Officer: true}); err != nil {
		s.log.ErrorContext(ctx, "gm: half a pair is left; revoke it", "certificate", c.ID, "error", err)
	}
}

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "gm", Msg: msg}
}
