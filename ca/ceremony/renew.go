package ceremony

import (
	"context"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/internal/keys"
)

// renewal is the work that the hierarchy itself asks for: its orders are read back from what was made.
func (c Ceremony) renewal(ctx context.Context) (*work, error) {
	if !c.store().exists() {
		return nil, missing()
	}
	m, err := c.store().manifest()
	if err != nil {
		return nil, err
	}
	w := &work{Ceremony: c, manifest: m, at: c.now().Truncate(time.Second), spec: Spec{BaseURL: m.BaseURL, Revoked: m.Revoked},
		certs: map[string]*smx509.Certificate{}, made: map[string]bool{}}
	for _, r := range m.Certificates {
		cert, err := c.store().certificate(r)
		if err != nil {
			return nil, err
		}
		w.certs[r.ID], w.made[r.ID] = cert, true
		w.orders = append(w.orders, order{ID: r.ID, Role: r.Role, Line: r.Line, Active: r.Active, Key: r.Key, Issuer: r.Issuer, Algorithm: r.Algorithm,
			Subject: cert.RawSubject, Validity: lifeOf(cert), Declared: r.Declared})
	}
	return w, w.withoutAbsentRoots(ctx)
}

// lifeOf is the validity a delegate was made with, in days.
func lifeOf(c *smx509.Certificate) Validity {
	return Validity{Days: int(c.NotAfter.Add(time.Second).Sub(c.NotBefore) / (24 * time.Hour))}
}

// withoutAbsentRoots takes the CRLs of roots whose keys are not at hand for fresh: they wait for a ceremony.
func (w *work) withoutAbsentRoots(ctx context.Context) error {
	w.absent = map[string]bool{}
	for _, o := range w.orders {
		if o.Role != roleRoot {
			continue
		}
		_, err := w.vault(roleRoot).Signer(ctx, o.Key)
		if simtrust.ReasonOf(err) == keys.ReasonNoKey {
			w.absent[o.ID] = true
		} else if err != nil {
			return keyFailed(o.ID, o.Key, err)
		}
	}
	return nil
}

func missing() error {
	return broken(ReasonNoDir, "there is no hierarchy here: make one with simtrust ca init", nil)
}
