package ceremony

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"math/big"
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// crlLife is how long a root's CRL stands: roots are offline, and a revocation needs a run anyway.
var crlLife = Validity{Years: 1}

// revokedUnder lists what a root has issued and the file revokes, and its digest.
func (w *work) revokedUnder(root string) (list []Revoked, sum string) {
	for _, r := range w.spec.Revoked {
		for _, o := range w.orders {
			if o.ID == r.ID && o.Issuer == root {
				list = append(list, r)
			}
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // plain values
	}
	return list, digest(text)
}

// crlDue tells whether a root's CRL is missing, out of date, or has lived two thirds of its life.
func (w *work) crlDue(root string) bool {
	if w.absent[root] {
		return false
	}
	r, ok := w.manifest.crl(root)
	_, sum := w.revokedUnder(root)
	return !ok || r.Revoked != sum || w.now().After(r.Updated.Add(r.Next.Sub(r.Updated)*2/3))
}

func (w *work) signCRL(ctx context.Context, root string, t *transcript) error {
	list, sum := w.revokedUnder(root)
	old, _ := w.manifest.crl(root)
	issuer := w.certs[root]
	signer, err := w.signer(ctx, root)
	if err != nil {
		return err
	}
	updated := w.now().Truncate(time.Second)
	if updated.Before(issuer.NotBefore) {
		updated = issuer.NotBefore
	}
	next := crlLife.last(updated)
	if next.After(issuer.NotAfter) {
		next = issuer.NotAfter
	}
	number := max(old.Number+1, updated.Unix()) // rises over a hierarchy restored from a backup too
	if err := t.add("sign CRL %d of %s, %d revoked", number, root, len(list)); err != nil {
		return err
	}
	der, err := smx509.CreateRevocationList(rand.Reader, &smx509.RevocationList{
		Number: big.NewInt(number), ThisUpdate: updated, NextUpdate: next, RevokedCertificateEntries: w.entries(list),
	}, issuer, signer)
	if err != nil {
		return keyFailed("the CRL of "+root, root, err)
	}
	if err := w.verifyCRL(der, issuer); err != nil {
		return broken(ReasonKey, "the key "+root+" is not that of its certificate", err)
	}
	if err := writeFile(w.store().path(crls, crlFile(root, digest(der))), der); err != nil {
		return failed("cannot write the CRL of "+root, err)
	}
	w.manifest.putCRL(crlRecord{Root: root, Number: number, Updated: updated, Next: next, Revoked: sum, SHA256: digest(der)})
	return t.add("signed CRL %d of %s, sha256 %s", number, root, digest(der))
}

func (w *work) verifyCRL(der []byte, issuer *smx509.Certificate) error {
	list, err := smx509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	return list.CheckSignatureFrom(issuer)
}

func (w *work) entries(list []Revoked) []smx509.RevocationListEntry {
	var entries []smx509.RevocationListEntry
	for _, r := range list {
		entries = append(entries, smx509.RevocationListEntry{
			SerialNumber: w.certs[r.ID].SerialNumber, RevocationTime: r.At.UTC().Truncate(time.Second), ReasonCode: r.Reason,
		})
	}
	return entries
}
