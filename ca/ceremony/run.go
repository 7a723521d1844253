package ceremony

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/internal/keys"
)

// Plan says what Run would do. It changes nothing and signs nothing with a key of the hierarchy. Without a vault no key counts as
// made.
func (c Ceremony) Plan(ctx context.Context, spec Spec) (Plan, error) {
	w, err := c.prepare(ctx, spec)
	if err != nil {
		return Plan{}, err
	}
	return w.plan(ctx)
}

// Run carries out what the file asks for and does not exist yet: keys, certificates, CRLs of the roots. The hierarchy changes at
// once, at the end; a run that broke off is taken up by the next, with the keys it made.
//
// A file that asks for what must not be is invalid, with [ReasonProfile]; one that alters what exists a conflict, with
// [ReasonChanged]; other reasons: [ReasonDamaged], [ReasonTranscript], [ReasonKey].
func (c Ceremony) Run(ctx context.Context, spec Spec) (Plan, error) {
	return c.exclusively(ctx, func() (*work, error) { return c.prepare(ctx, spec) })
}

// Renew signs anew what ends soon and needs no decision: OCSP delegates by their issuing CAs and, where the keys of roots are at
// hand, the CRLs of the roots. A running authority calls it once a day and at its start, before [Load].
func (c Ceremony) Renew(ctx context.Context) (Plan, error) {
	return c.exclusively(ctx, func() (*work, error) { return c.renewal(ctx) })
}

// exclusively plans and works while no other ceremony does.
func (c Ceremony) exclusively(ctx context.Context, prepare func() (*work, error)) (Plan, error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return Plan{}, failed("cannot create the directory of the hierarchy", err)
	}
	unlock, err := keys.Lock(ctx, filepath.Join(c.Dir, lockFile))
	if err != nil {
		return Plan{}, err
	}
	defer unlock()
	w, err := prepare()
	if err != nil {
		return Plan{}, err
	}
	p, err := w.plan(ctx)
	if err != nil || p.Empty() {
		return p, err
	}
	return p, w.carryOut(ctx, p)
}

func (w *work) carryOut(ctx context.Context, p Plan) (err error) {
	t, err := w.store().transcript(w.now, w.manifest.Transcript)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.add("begin, simtrust %s, %s, base %s", w.version(), runtime.Version(), w.spec.BaseURL); err != nil {
		return err
	}
	for _, step := range p.Steps {
		if err := w.make(ctx, step.order, t); err != nil {
			return errors.Join(err, t.add("broken off at %s", step.ID))
		}
	}
	w.settle()
	for _, root := range p.CRLs {
		if err := w.signCRL(ctx, root, t); err != nil {
			return errors.Join(err, t.add("broken off at the CRL of %s", root))
		}
	}
	for _, id := range p.Retired {
		if err := t.add("retire %s: status only", id); err != nil {
			return err
		}
	}
	return w.install(t)
}

// make opens or makes the key of an order and signs its certificate. What is about to be signed is on record before it is.
func (w *work) make(ctx context.Context, o order, t *transcript) error {
	public, err := w.key(ctx, o, t)
	if err != nil {
		return err
	}
	template, drafted, err := w.draft(o, public)
	if err != nil {
		return err
	}
	if err := t.add("sign %s under %s, serial %x, TBS sha256 %s", o.ID, o.Issuer, template.SerialNumber, digest(drafted.RawTBSCertificate)); err != nil {
		return err
	}
	signer, err := w.signer(ctx, o.Issuer)
	if err != nil {
		return err
	}
	c, err := sign(template, w.parent(o), public, signer)
	if err != nil {
		return keyFailed(o.ID, o.Issuer, err)
	}
	if !bytes.Equal(c.RawTBSCertificate, drafted.RawTBSCertificate) {
		return failed("the signed certificate "+o.ID+" is not the one that was inspected", nil)
	}
	if err := w.verify(c, o); err != nil {
		return err
	}
	if err := w.store().writeCertificate(o.ID, c); err != nil {
		return failed("cannot write the certificate "+o.ID, err)
	}
	w.certs[o.ID] = c
	w.manifest.put(record{ID: o.ID, Role: o.Role, Line: o.Line, Active: o.Active, Algorithm: o.Algorithm, Key: o.Key, Issuer: o.Issuer,
		Declared: o.Declared, SHA256: digest(c.Raw)})
	return t.add("signed %s, certificate sha256 %s", o.ID, digest(c.Raw))
}

// verify checks the signature under the certificate of the issuer, so that a wrong key in the vault signs nothing that counts.
func (w *work) verify(c *smx509.Certificate, o order) error {
	issuer := w.parent(o)
	if issuer == nil {
		issuer = c
	}
	if err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil {
		return broken(ReasonKey, "the key "+o.Issuer+" is not that of its certificate", err)
	}
	return nil
}

// key opens the key of an order, and makes it where there is none. A key without a certificate is one of a run that broke off.
func (w *work) key(ctx context.Context, o order, t *transcript) (crypto.PublicKey, error) {
	if public, err := w.realKey(ctx, o); public != nil || err != nil {
		return public, err
	}
	signer, err := w.vault(o.Role).Create(ctx, o.Key, o.Algorithm)
	if err != nil {
		return nil, keyFailed(o.ID, o.Key, err)
	}
	id, err := keyID(signer.Public())
	if err != nil {
		return nil, err
	}
	return signer.Public(), t.add("key %s made, %s, key id %x", o.Key, o.Algorithm, id)
}

// realKey is public, after the steps before have been carried out.
func (w *work) realKey(ctx context.Context, o order) (crypto.PublicKey, error) {
	if o.Role == roleCross {
		return w.certs[o.Key].PublicKey, nil
	}
	return w.Ceremony.public(ctx, o)
}

// signer opens the key of an authority.
func (w *work) signer(ctx context.Context, id string) (crypto.Signer, error) {
	r := roleIssuing
	for _, o := range w.orders {
		if o.ID == id {
			r = o.Role
		}
	}
	signer, err := w.vault(r).Signer(ctx, id)
	if err != nil {
		return nil, keyFailed(id, id, err)
	}
	return signer, nil
}

// settle brings what the file says of existing certificates into the manifest.
func (w *work) settle() {
	for _, o := range w.orders {
		if r, ok := w.manifest.certificate(o.ID); ok {
			r.Active = o.Active
			w.manifest.put(r)
		}
	}
	w.manifest.BaseURL, w.manifest.Revoked = w.spec.BaseURL, w.spec.Revoked
}

// install makes the new hierarchy the one that is loaded.
func (w *work) install(t *transcript) error {
	w.manifest.Transcript = t.last
	sum, err := w.store().writeManifest(w.manifest)
	if err != nil {
		return failed("cannot write the hierarchy", err)
	}
	return t.add("end, hierarchy sha256 %s", sum)
}

func (w *work) version() string {
	if w.Version == "" {
		return "(devel)"
	}
	return w.Version
}
