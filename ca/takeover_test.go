package ca_test

import (
	"bytes"
	"crypto/elliptic"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
)

const (
	oldIssuer = "service-p256-2026"
	newIssuer = "service-p256-2028"
)

// rolledOver is the hierarchy after a ceremony that replaced the issuer of services.
func (w *world) rolledOver() *ca.Hierarchy {
	w.t.Helper()
	root, err := newAuthority("Second Root", elliptic.P256(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := newAuthority("Issuing "+newIssuer, elliptic.P256(), &root)
	if err != nil {
		w.t.Fatal(err)
	}
	h := &ca.Hierarchy{Roots: append(slices.Clone(w.hierarchy.Roots), root.cert.Raw)}
	for _, i := range w.hierarchy.Issuers {
		own := *i
		own.Active = own.Active && i.ID != oldIssuer
		h.Issuers = append(h.Issuers, &own)
	}
	h.Issuers = append(h.Issuers, issuerBy(newIssuer, ca.LineService, keys.P256, a, root.cert.Raw))
	return h
}

// The new issuer issues from the moment it takes over, not before; what the old one issued is found, chained and revoked as ever.
func TestTakeOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.issue(w.server("a.example"))
		takeOver, err := w.Prepare(w.rolledOver())
		if err != nil {
			t.Fatal(err)
		}
		if c := w.issue(w.server("b.example")); c.Issuer != oldIssuer {
			t.Errorf("%s issued before it took over", c.Issuer)
		}
		takeOver()
		c := w.issue(w.server("c.example"))
		if c.Issuer != newIssuer || len(c.Chain) != 2 {
			t.Errorf("issued by %s", c.Issuer)
		}
		found, err := w.Certificate(t.Context(), first.ID)
		if err != nil || !bytes.Equal(found.Raw, first.Raw) || len(found.Chain) != 2 {
			t.Errorf("%+v, %v", found, err)
		}
		if _, err := w.Revoke(t.Context(), ca.RevokeReq{ID: first.ID, Reason: ca.Superseded, Officer: true}); err != nil {
			t.Error(err)
		}
		asked := w.server("d.example")
		asked.Issuer = oldIssuer
		_, err = w.Issue(t.Context(), asked)
		wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
	})
}

// What would not do at a start takes nothing over, and the hierarchy before goes on.
func TestUnfitHierarchyIsNotTakenOver(t *testing.T) {
	for name, spoil := range map[string]func(h *ca.Hierarchy){
		"an issuer is gone":       func(h *ca.Hierarchy) { h.Issuers = h.Issuers[1:] },
		"nothing is left":         func(h *ca.Hierarchy) { h.Issuers = nil },
		"another under its name":  func(h *ca.Hierarchy) { renamed(h, newIssuer, oldIssuer) },
		"another issuer's key":    func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Signer = issuerOf(h, oldIssuer).Signer },
		"no key":                  func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Signer = nil },
		"a key that fails":        func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Signer = failing(issuerOf(h, newIssuer)) },
		"a name that is no name":  func(h *ca.Hierarchy) { issuerOf(h, newIssuer).ID = "../service" },
		"another subject":         func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Subject = issuerOf(h, oldIssuer).Subject },
		"a longer life":           func(h *ca.Hierarchy) { issuerOf(h, newIssuer).NotAfter = start.AddDate(99, 0, 0) },
		"no certificate":          func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Raw = []byte{0x30, 0} },
		"a certificate of no CA":  func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Raw = leaf(t) },
		"an algorithm it has not": func(h *ca.Hierarchy) { issuerOf(h, newIssuer).Algorithm = "P-999" },
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			h := w.rolledOver()
			spoil(h)
			if takeOver, err := w.Prepare(h); err == nil || takeOver != nil {
				t.Fatalf("prepared: %v", err)
			}
			if c := w.issue(w.server("a.example")); c.Issuer != oldIssuer {
				t.Errorf("issued by %s", c.Issuer)
			}
		})
	}
}

// Requests on both sides of the moment, and at it, all get a certificate, of one issuer or the other.
func TestTakeOverUnderLoad(t *testing.T) {
	w := embedded(t)
	takeOver, err := w.Prepare(w.rolledOver())
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	begun := make(chan struct{}, 64)
	for range 8 {
		clients.Go(func() {
			for range 8 {
				begun <- struct{}{}
				c, err := w.Issue(t.Context(), w.server("a.example"))
				if err != nil || c.Issuer != oldIssuer && c.Issuer != newIssuer {
					t.Errorf("%s: %v", c.Issuer, err)
				}
			}
		})
	}
	for range 24 {
		<-begun
	}
	takeOver()
	clients.Wait()
	if c := w.issue(w.server("a.example")); c.Issuer != newIssuer {
		t.Errorf("issued by %s", c.Issuer)
	}
}

func issuerOf(h *ca.Hierarchy, id string) *ca.Issuer {
	i, _ := h.Issuer(id)
	return i
}

// renamed gives the issuer of one name the name of another, which is gone.
func renamed(h *ca.Hierarchy, id, to string) {
	h.Issuers = slices.DeleteFunc(h.Issuers, func(i *ca.Issuer) bool { return i.ID == to })
	issuerOf(h, id).ID = to
}

func failing(i *ca.Issuer) *seam {
	s := &seam{Signer: i.Signer}
	s.at(func() error { return errors.New("no session") }, nil)
	return s
}

// leaf is a certificate of nobody who issues.
func leaf(t *testing.T) []byte {
	t.Helper()
	w := embedded(t)
	w.clock.advance(time.Second)
	return w.issue(w.server("leaf.example")).Raw
}
