package acme

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/ca"
)

// renewalPause is how long clients wait before they ask again.
const renewalPause = "21600"

var errReplaced = newProblem(http.StatusConflict, "alreadyReplaced", "the certificate has been replaced by another order")

// renewalBody is RFC 9773, section 4.2.
type renewalBody struct {
	Window struct {
		Start time.Time `json:"start"`
		End   time.Time `json:"end"`
	} `json:"suggestedWindow"`
}

// serveRenewal says when a certificate is best renewed (RFC 9773): from two thirds of its life on, at once when it is revoked.
func (s *Service) serveRenewal(w http.ResponseWriter, r *http.Request) {
	c, err := s.certificateOf(r.Context(), r.PathValue("certificate"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var body renewalBody
	body.Window.Start, body.Window.End = renewalWindow(c)
	w.Header().Set("Retry-After", renewalPause)
	(&reply{status: http.StatusOK, body: body}).write(w)
}

func renewalWindow(c ca.Certificate) (start, end time.Time) {
	if !c.Revoked.IsZero() {
		end = c.Revoked.UTC().Truncate(time.Second)
		return end.Add(-time.Hour), end
	}
	life := c.NotAfter.Sub(c.NotBefore)
	start = c.NotBefore.UTC().Add(life * 2 / 3).Truncate(time.Second)
	return start, start.Add(min(48*time.Hour, life/12)).Truncate(time.Second)
}

// certificateOf finds a certificate by its identifier in RFC 9773, section 4.1: authority key identifier, dot, serial number.
func (s *Service) certificateOf(ctx context.Context, id string) (ca.Certificate, error) {
	keyText, serialText, dot := strings.Cut(id, ".")
	key, ok1 := decode(keyText)
	serial, ok2 := decode(serialText)
	if !dot || !ok1 || !ok2 || len(serial) == 0 || len(serial) > 20 {
		return ca.Certificate{}, malformed("a certificate is named by its authority key identifier and serial number in base64url")
	}
	issuer, ok := s.issuerOf(key)
	if !ok {
		return ca.Certificate{}, errNotFound
	}
	return s.authority.Certificate(ctx, ca.CertificateID(issuer, serial))
}

// renewalID is the identifier of a certificate by ca's id.
func (s *Service) renewalID(id string) (string, bool) {
	issuer, serial, ok := ca.SplitID(id)
	if !ok {
		return "", false
	}
	i, ok := s.authority.Hierarchy().Issuer(issuer)
	if !ok {
		return "", false
	}
	return encode(i.KeyID) + "." + encode(serial), true
}

// issuerOf returns the id of the issuer with a key identifier.
func (s *Service) issuerOf(key []byte) (string, bool) {
	for _, i := range s.authority.Hierarchy().Issuers {
		if bytes.Equal(i.KeyID, key) {
			return i.ID, true
		}
	}
	return "", false
}

// replaced returns ca's id of the certificate that a new order says it replaces (RFC 9773, section 5): one of the same account, with a
// name in common, that no other order replaces.
func (s *Service) replaced(ctx context.Context, id, account string, names []string) (string, error) {
	if id == "" {
		return "", nil
	}
	c, err := s.certificateOf(ctx, id)
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		err = errNotFound
	}
	if err != nil {
		return "", err
	}
	owner, err := ownerOf(ctx, s.db, c.ID)
	switch {
	case err != nil:
		return "", err
	case owner != account:
		return "", unauthorized("the certificate to replace is another account's")
	case !slices.ContainsFunc(names, func(n string) bool { return slices.Contains(c.SANs.DNS, n) }):
		return "", malformed("the certificate to replace has none of the names")
	}
	return c.ID, nil
}
