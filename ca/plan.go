package ca

import (
	"crypto/sha256"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca/csr"
	"simtrust/internal/keys"
)

// plan checks a request against its profile, whatever the store says, and chooses the issuer.
func (s *Service) plan(req IssueReq) (*draft, error) {
	in := s.issuance.Load()
	p, ok := in.profiles[req.Profile]
	if !ok {
		return nil, errUnknownProfile
	}
	d := &draft{req: req, named: p}
	if req.PairOf != "" {
		if d.named, ok = in.profiles[req.PairOf]; !ok || !p.Escrowed || d.named.Escrowed {
			return nil, invalid(ReasonUnknownProfile, "no such pair of profiles")
		}
	}
	kind, err := d.takeKey(p)
	if err != nil {
		return nil, err
	}
	if err := p.check(&req); err != nil {
		return nil, err
	}
	if d.compiled, err = in.issuerFor(p, kind, &req); err != nil {
		return nil, err
	}
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

// issuerFor chooses the first of the issuers that fit whose certificate allows the names.
func (in *issuance) issuerFor(p *Profile, kind csr.Algorithm, req *IssueReq) (*compiled, error) {
	err := invalid(ReasonUnknownIssuer, "no active issuer fits the profile and the key")
	for _, k := range in.issuersFor(p, kind, req.Issuer) {
		if err = k.above.check(&req.SANs); err == nil {
			return k, nil
		}
	}
	return nil, err
}

func (in *issuance) issuersFor(p *Profile, kind csr.Algorithm, wanted string) (fit []*compiled) {
	for _, algorithm := range signers[kind] {
		for _, i := range in.hierarchy.Issuers {
			k := in.combined[p.Name+"/"+i.ID]
			if k != nil && i.Active && i.Algorithm == algorithm && (i.ID == wanted || wanted == "" && i.Line == p.Line) {
				fit = append(fit, k)
			}
		}
	}
	return fit
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
