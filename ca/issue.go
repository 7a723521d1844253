package ca

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca/csr"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
)

// Issue issues a certificate, in the order the package comment states. The caller has authorised the request. Errors carry the
// reasons of this package or of ca/csr; KindUnavailable: nothing is known to have been issued, and whatever was begun will be
// revoked.
func (s *Service) Issue(ctx context.Context, req IssueReq) (Certificate, error) {
	cert, err := s.issue(ctx, req)
	if err != nil {
		return Certificate{}, fmt.Errorf("ca.issue: %w", err)
	}
	return cert, nil
}

func (s *Service) issue(ctx context.Context, req IssueReq) (Certificate, error) {
	if c, ok, err := s.earlier(ctx, req); ok || err != nil {
		return c, err
	}
	d, err := s.plan(req)
	if err != nil {
		return Certificate{}, err
	}
	if err := s.current(ctx, req.Tenure); err != nil {
		return Certificate{}, err
	}
	if err := s.draft(ctx, d); err != nil {
		return Certificate{}, err
	}
	r, err := newRecord(d, s.now())
	if err != nil {
		return Certificate{}, err
	}
	switch err := s.record(ctx, r); {
	case sqldb.IsUnique(err):
		return s.collided(ctx, req)
	case err != nil:
		return Certificate{}, err
	}
	// From here on a signature may exist: the caller's leaving must not stop it from being recorded.
	s.flying.Add(1)
	defer s.flying.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.SigningTime)
	defer cancel()
	return s.complete(ctx, r)
}

// record makes the row durable.
func (s *Service) record(ctx context.Context, r record) error {
	_, err := s.recorder.Do(ctx, r)
	return err
}

// complete signs a recorded draft and makes the signature durable.
func (s *Service) complete(ctx context.Context, r record) (Certificate, error) {
	raw, signature, err := r.sign(r.tbs)
	if err != nil {
		s.log.ErrorContext(ctx, "ca: signing failed; the certificate will be revoked", "certificate", r.id(), "error", err)
		return Certificate{}, &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "the issuer's key does not sign", Err: err}
	}
	if _, err := s.finisher.Do(ctx, outcome{record: r, raw: raw, signature: signature}); err != nil {
		if sqldb.IsUnique(err) {
			return Certificate{}, errAbandoned
		}
		return Certificate{}, err
	}
	return s.withChain(r.certificate(raw)), nil
}

// plan checks a request against its profile, whatever the store says, and chooses the issuer.
func (s *Service) plan(req IssueReq) (*draft, error) {
	p, ok := s.issuance.profiles[req.Profile]
	if !ok {
		return nil, invalid(ReasonUnknownProfile, "no such profile")
	}
	d := &draft{req: req}
	kind, err := d.takeKey(p)
	if err != nil {
		return nil, err
	}
	if err := p.check(&req); err != nil {
		return nil, err
	}
	issuer, err := s.issuerFor(p, kind, req.Issuer)
	if err != nil {
		return nil, err
	}
	d.compiled = s.issuance.combined[p.Name+"/"+issuer.ID]
	return d, d.setValidity(s.now())
}

// takeKey takes the subject's key out of the CSR, or from the key management side.
func (d *draft) takeKey(p *Profile) (csr.Algorithm, error) {
	if p.Escrowed {
		return d.takeEscrowed(p)
	}
	r, err := csr.Parse(d.req.CSR)
	if err != nil {
		return "", err
	}
	d.spki, d.keyHash = r.SPKI, r.SPKIHash
	if err := p.accepts(r.Algorithm); err != nil {
		return "", err
	}
	return r.Algorithm, p.checkAsked(r, &d.req.SANs)
}

func (d *draft) takeEscrowed(p *Profile) (csr.Algorithm, error) {
	if d.req.Key == nil || d.req.CSR != nil {
		return "", invalid(ReasonKeyKind, "the key of this profile comes from the key management side")
	}
	algorithm, err := keys.AlgorithmOf(d.req.Key)
	if err != nil {
		return "", err
	}
	if d.spki, err = smx509.MarshalPKIXPublicKey(d.req.Key); err != nil {
		return "", invalid(ReasonKeyKind, "no public key")
	}
	d.keyHash = sha256.Sum256(d.spki)
	kind := csr.Algorithm(algorithm)
	return kind, p.accepts(kind)
}

func (p *Profile) accepts(kind csr.Algorithm) error {
	for _, k := range p.Keys {
		if k == kind {
			return nil
		}
	}
	return invalid(ReasonKeyKind, "the profile does not take this kind of key")
}

// check holds a request against the profile, but for its key.
func (p *Profile) check(req *IssueReq) error {
	if err := p.checkSubject(&req.Subject); err != nil {
		return err
	}
	if err := p.checkSANs(&req.SANs); err != nil {
		return err
	}
	if err := p.checkCommonName(&req.Subject, &req.SANs); err != nil {
		return err
	}
	return p.checkBinding(req)
}

func (p *Profile) checkBinding(req *IssueReq) error {
	for _, b := range []struct {
		presence Presence
		given    bool
	}{{p.Tenure, req.Tenure != ""}, {p.RelyingParty, req.RelyingParty != ""}} {
		if b.given && b.presence == Forbidden || !b.given && b.presence == Required {
			return invalid(ReasonBinding, "tenure or relying party is missing, or the profile has none")
		}
	}
	if len(req.RelyingParty) > 256 || req.RelyingParty != "" && !plainText(req.RelyingParty) {
		return invalid(ReasonBinding, "the relying party is no identifier")
	}
	return nil
}

// signers are the issuers to look for under a subject's key, the best fit first. An SM2 key is certified by SM2 alone.
var signers = map[csr.Algorithm][]keys.KeyAlgorithm{
	csr.P256: {keys.P256, keys.P384, keys.RSA3072},
	csr.P384: {keys.P384, keys.P256, keys.RSA3072},
	csr.RSA:  {keys.RSA3072, keys.P256, keys.P384},
	csr.SM2:  {keys.SM2},
}

func (s *Service) issuerFor(p *Profile, kind csr.Algorithm, wanted string) (*Issuer, error) {
	if wanted != "" {
		i, ok := s.hierarchy.Issuer(wanted)
		if !ok || !i.Active || !p.AnyLine && i.Line != p.Line || (i.Algorithm == keys.SM2) != (kind == csr.SM2) {
			return nil, invalid(ReasonUnknownIssuer, "no active issuer of that id fits the profile and the key")
		}
		return i, nil
	}
	for _, algorithm := range signers[kind] {
		if i, ok := s.hierarchy.For(p.Line, algorithm); ok {
			return i, nil
		}
	}
	return nil, invalid(ReasonUnknownIssuer, "no active issuer fits the profile and the key")
}

// setValidity counts inclusively: the last second is part of the validity (RFC 5280, section 4.1.2.5).
func (d *draft) setValidity(now time.Time) error {
	if now.Before(d.issuer.NotBefore) || now.After(d.issuer.NotAfter) {
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonOutlivesIssuer, Msg: "the issuer is not valid now"}
	}
	d.notBefore = now.UTC().Add(-backdate).Truncate(time.Second)
	if d.notBefore.Before(d.issuer.NotBefore) {
		d.notBefore = d.issuer.NotBefore.UTC()
	}
	d.notAfter = d.notBefore.Add(d.profile.Validity - time.Second)
	if asked := d.req.NotAfter.UTC().Truncate(time.Second); !d.req.NotAfter.IsZero() {
		if asked.After(d.notAfter) || !asked.After(now) {
			return invalid(ReasonValidity, "the end asked for is past, or later than the profile allows")
		}
		d.notAfter = asked
	}
	if d.notAfter.After(d.issuer.NotAfter) {
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonOutlivesIssuer,
			Msg: "the issuer ends before the certificate would: ask for an earlier end"}
	}
	return nil
}

func (s *Service) current(ctx context.Context, tenure simtrust.TenureID) error {
	if tenure == "" {
		return nil
	}
	current, err := s.tenures.Current(ctx, []simtrust.TenureID{tenure})
	if err != nil {
		return err
	}
	if len(current) != 1 || current[0] != tenure {
		return errTenureEnded
	}
	return nil
}

// draft builds the bytes to be signed, once, and lints them under a throw-away signature.
func (s *Service) draft(ctx context.Context, d *draft) error {
	serial := ""
	if d.profile.Tenured && d.req.Tenure != "" {
		serial = subjectSerial(s.config.SubjectKey, d.profile.Name, d.req.RelyingParty, d.req.Tenure)
	}
	d.serial = newSerial(s.config.Node)
	d.shard = shardOf(d.serial, s.config.Shards)
	if err := d.build(serial); err != nil {
		return err
	}
	raw, err := assemble(d.tbs, d.algorithm.identifier, d.algorithm.throwaway)
	if err != nil {
		return err
	}
	if findings := d.lints.Check(raw); len(findings) > 0 {
		s.log.ErrorContext(ctx, "ca: a certificate was not signed", "profile", d.profile.Name, "issuer", d.issuer.ID, "findings", fmt.Sprint(findings))
		return &simtrust.Error{Kind: simtrust.KindInternal, Reason: ReasonLint, Msg: "the certificate would break its profile: " + findings[0].Lint}
	}
	return nil
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
	}{req.Profile, req.Issuer, req.RelyingParty, req.CSR, spki, req.Subject, req.SANs, req.Tenure, req.NotAfter.Unix()})
	sum := sha256.Sum256(text)
	return sum[:], err
}

func marshalKey(key crypto.PublicKey) ([]byte, error) {
	if key == nil {
		return nil, nil
	}
	return smx509.MarshalPKIXPublicKey(key)
}
