package ceremony

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
)

// loading is a hierarchy being read and proven.
type loading struct {
	store    store
	vault    *keys.Vault
	now      time.Time
	manifest manifest
	certs    map[string]*smx509.Certificate
}

// Load reads the hierarchy in dir and proves it: every file is the one that was written, every certificate is signed by its
// issuer, every key that signs (those of issuing CAs and delegates, and of roots where the vault has them) signs what its
// certificate verifies, every delegate in use is valid now. Anything else stops it, naming the certificate and the key, with
// [ReasonNoDir], [ReasonDamaged], [ReasonTranscript], [ReasonKey] or [ReasonExpired].
//
// An issuing CA that has expired or is revoked loads as not active; the status of what it issued is served on.
func Load(ctx context.Context, dir string, vault *keys.Vault, now time.Time) (*ca.Hierarchy, error) {
	l := &loading{store: store{dir}, vault: vault, now: now, certs: map[string]*smx509.Certificate{}}
	if !l.store.exists() {
		return nil, missing()
	}
	var err error
	if l.manifest, err = l.store.manifest(); err != nil {
		return nil, err
	}
	if _, _, err = l.store.verifyTranscript(l.manifest.Transcript); err != nil {
		return nil, err
	}
	for _, r := range l.manifest.Certificates {
		if err := l.read(r); err != nil {
			return nil, err
		}
	}
	return l.hierarchy(ctx)
}

// read takes one certificate in, after its issuer.
func (l *loading) read(r record) error {
	c, err := l.store.certificate(r)
	if err != nil {
		return err
	}
	l.certs[r.ID] = c
	issuer, ok := l.certs[r.Issuer]
	if !ok {
		return broken(ReasonDamaged, "the issuer of "+r.ID+" is not in the hierarchy: restore it", nil)
	}
	if err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		return broken(ReasonDamaged, "the certificate "+r.ID+" is not signed by "+r.Issuer+": restore the hierarchy", err)
	}
	parent := issuer
	if r.Role == roleRoot {
		parent = nil
	}
	if err := inspect(c, parent, r.Role); err != nil {
		return broken(ReasonDamaged, "the certificate "+r.ID+" is not what the hierarchy says: restore it", err)
	}
	if alg, err := keys.AlgorithmOf(c.PublicKey); err != nil || alg != r.Algorithm {
		return broken(ReasonDamaged, "the certificate "+r.ID+" has another key algorithm than the hierarchy says: restore it", err)
	}
	return nil
}

func (l *loading) hierarchy(ctx context.Context) (*ca.Hierarchy, error) {
	h := &ca.Hierarchy{}
	for _, r := range l.manifest.Certificates {
		var err error
		switch {
		case r.Role == roleRoot:
			h.Roots = append(h.Roots, l.certs[r.ID].Raw)
			err = l.proveRoot(ctx, r)
		case r.Role == roleIssuing:
			var issuer *ca.Issuer
			issuer, err = l.issuer(ctx, r)
			h.Issuers = append(h.Issuers, issuer)
		case r.Role == roleTimestamp && r.Active:
			h.TSAChain = l.chain(r)
			h.TSA, err = l.delegate(ctx, r)
		}
		if err != nil {
			return nil, err
		}
	}
	return h, nil
}

// proveRoot checks the key of a root that is kept with the others; one that is kept apart is proven when it signs.
func (l *loading) proveRoot(ctx context.Context, r record) error {
	if _, err := l.prove(ctx, r); err != nil && simtrust.KindOf(err) != simtrust.KindNotFound {
		return err
	}
	return nil
}

func (l *loading) issuer(ctx context.Context, r record) (*ca.Issuer, error) {
	c := l.certs[r.ID]
	signer, err := l.prove(ctx, r)
	if err != nil {
		return nil, err
	}
	i := &ca.Issuer{ID: r.ID, Line: r.Line, Algorithm: r.Algorithm, Raw: c.Raw, Subject: c.RawSubject, KeyID: c.SubjectKeyId,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Signer: signer, Chain: l.chain(r), Active: r.Active && !l.now.After(c.NotAfter)}
	delegate, ok := l.manifest.certificate(r.ID + ocspSuffix)
	if !ok || delegate.Role != roleOCSP || delegate.Issuer != r.ID {
		return nil, broken(ReasonDamaged, "the OCSP delegate of "+r.ID+" is missing: restore the hierarchy", nil)
	}
	if l.now.After(c.NotAfter) {
		return i, nil // nothing it issued is valid any more, and no delegate can be
	}
	i.OCSP, err = l.delegate(ctx, delegate)
	return i, err
}

func (l *loading) delegate(ctx context.Context, r record) (*ca.Delegate, error) {
	c := l.certs[r.ID]
	if l.now.After(c.NotAfter) || l.now.Before(c.NotBefore) {
		return nil, broken(ReasonExpired, fmt.Sprintf("the certificate of %s is valid from %s to %s: renew it", r.ID,
			c.NotBefore.Format(time.RFC3339), c.NotAfter.Format(time.RFC3339)), nil)
	}
	signer, err := l.prove(ctx, r)
	if err != nil {
		return nil, err
	}
	return &ca.Delegate{Raw: c.Raw, Signer: signer, NotAfter: c.NotAfter}, nil
}

// prove opens a key and checks that it is that of the certificate.
func (l *loading) prove(ctx context.Context, r record) (crypto.Signer, error) {
	signer, err := l.vault.Signer(ctx, r.Key)
	if err == nil {
		err = keys.CheckPair(signer, l.certs[r.ID].PublicKey)
	}
	if err != nil {
		return nil, keyFailed(r.ID, r.Key, err)
	}
	return signer, nil
}

// chain is DER from a certificate to its root.
func (l *loading) chain(r record) [][]byte {
	chain := [][]byte{l.certs[r.ID].Raw}
	for r.Issuer != r.ID {
		r, _ = l.manifest.certificate(r.Issuer)
		chain = append(chain, l.certs[r.ID].Raw)
	}
	return chain
}
