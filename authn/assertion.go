package authn

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// Enricher is an operator's HTTP proxy that may state the subscriber of a request.
type Enricher struct {
	// Issuer is the iss of its assertions.
	Issuer string
	// Keys verify its assertions, by kid: P-256 (ES256) or Ed25519 (EdDSA).
	Keys map[string]crypto.PublicKey
	// Certificates are the SHA-256 digests of the SubjectPublicKeyInfo of its TLS client certificates.
	Certificates [][sha256.Size]byte
}

func (e Enricher) check() error {
	if e.Issuer == "" || len(e.Keys) == 0 || len(e.Certificates) == 0 {
		return fmt.Errorf("authn: enricher %q: needs an issuer, a key and a client certificate", e.Issuer)
	}
	for kid, key := range e.Keys {
		switch k := key.(type) {
		case *ecdsa.PublicKey:
			if k.Curve == elliptic.P256() {
				continue
			}
		case ed25519.PublicKey:
			continue
		}
		return fmt.Errorf("authn: enricher %q: key %q is neither P-256 nor Ed25519", e.Issuer, kid)
	}
	return nil
}

const (
	// AssertionHeader carries the assertion of an enrichment proxy, a compact JWS with typ [AssertionType] and the claims iss, aud
	// (our URL), iat, exp (at most 60 s later), jti, htm (method), htu (our URL's scheme and host, then path and query as
	// requested), client_ip (the client's address), phone_number (E.164) and imsi.
	AssertionHeader = "Subscriber-Assertion"
	// AssertionType is the typ of the JWS header.
	AssertionType = "subscriber-assertion+jwt"
)

const (
	maxAssertion     = 4096 // octets
	maxAssertionID   = 128  // octets of jti
	assertionLife    = 60 * time.Second
	assertionLeeway  = 5 * time.Second // of a proxy's clock ahead of ours
	assertionRetains = time.Minute     // beyond exp
)

type assertion struct {
	jwt.RegisteredClaims
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	ClientIP string `json:"client_ip"`
	Number   string `json:"phone_number"`
	IMSI     string `json:"imsi"`
}

// enricherOf returns the allow-listed proxy that r's connection is authenticated as by TLS.
func (s *Service) enricherOf(r *http.Request) (Enricher, bool) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return Enricher{}, false
	}
	digest := sha256.Sum256(r.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)
	for _, e := range s.enrichers {
		for _, c := range e.Certificates {
			if c == digest {
				return e, true
			}
		}
	}
	return Enricher{}, false
}

func (s *Service) byAssertion(ctx context.Context, r *http.Request, e Enricher, client netip.Addr) (Located, error) {
	a, err := s.parseAssertion(r, e, client)
	if err != nil {
		return Located{}, denied(ReasonInvalidAssertion, "the enrichment header does not hold", err)
	}
	number, err := simtrust.ParseNumber(a.Number)
	if err != nil || a.IMSI == "" {
		return Located{}, denied(ReasonInvalidAssertion, "the enrichment header names no number or no IMSI", err)
	}
	if err := s.spend(ctx, a); err != nil {
		return Located{}, err
	}
	return s.admitAsserted(ctx, a, number)
}

// parseAssertion verifies the one assertion of r.
func (s *Service) parseAssertion(r *http.Request, e Enricher, client netip.Addr) (assertion, error) {
	var a assertion
	values := r.Header.Values(AssertionHeader)
	if len(values) != 1 || len(values[0]) > maxAssertion {
		return a, errors.New("not one header of sound size")
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithIssuer(e.Issuer), jwt.WithAudience(s.audience), jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.now),
	)
	if _, err := parser.ParseWithClaims(values[0], &a, e.key); err != nil {
		return a, err
	}
	return a, s.checkAssertion(a, r, client)
}

func (e Enricher) key(t *jwt.Token) (any, error) {
	if t.Header["typ"] != AssertionType {
		return nil, errors.New("another type of token")
	}
	if _, critical := t.Header["crit"]; critical {
		return nil, errors.New("critical header parameters are not understood")
	}
	kid, _ := t.Header["kid"].(string)
	key, ok := e.Keys[kid]
	if !ok {
		return nil, errors.New("unknown key")
	}
	return key, nil
}

// checkAssertion checks what the JWT library does not: lifetime, single audience, jti and the binding to the request.
func (s *Service) checkAssertion(a assertion, r *http.Request, client netip.Addr) error {
	stated, err := netip.ParseAddr(a.ClientIP)
	switch {
	case a.IssuedAt == nil || a.IssuedAt.After(s.now().Add(assertionLeeway)):
		return errors.New("iat is missing or in the future")
	case a.ExpiresAt.Sub(a.IssuedAt.Time) > assertionLife:
		return errors.New("it lives too long")
	case len(a.Audience) != 1:
		return errors.New("it has more than one audience")
	case a.ID == "" || len(a.ID) > maxAssertionID:
		return errors.New("jti is missing or too long")
	case a.Method != r.Method:
		return errors.New("it is for another method")
	case a.URL != s.url.Scheme+"://"+s.url.Host+r.URL.RequestURI():
		return errors.New("it is for another URL")
	case err != nil || plain(stated) != client:
		return errors.New("it is for another client address")
	}
	return nil
}

// spend uses the assertion's jti.
func (s *Service) spend(ctx context.Context, a assertion) error {
	won, err := s.spends.Do(ctx, spend{
		id: digest(a.Issuer, a.ID), attempt: simtrust.NewID("use"), expires: a.ExpiresAt.Add(assertionRetains).UnixMilli(),
	})
	switch {
	case err != nil:
		return lookupFailed(err)
	case !won:
		return denied(ReasonInvalidAssertion, "the enrichment header was used before", nil)
	}
	return nil
}

// admitAsserted applies the rule of records: the tenure current for the number must list the IMSI, both since before the assertion.
// Otherwise the statement goes into quarantine.
func (s *Service) admitAsserted(ctx context.Context, a assertion, number simtrust.Number) (Located, error) {
	h, err := s.tenures.Current(ctx, number)
	reason := quarantineNotHeld
	switch {
	case err == nil:
		_, reason = admit(h, a.IMSI, a.IssuedAt.UnixMilli())
	case simtrust.KindOf(err) != simtrust.KindNotFound:
		return Located{}, lookupFailed(err)
	}
	if reason != "" {
		return Located{}, s.setAsideAsserted(ctx, a, number, reason)
	}
	return Located{
		Tenure: h.ID, Number: number, IMSI: a.IMSI, Method: MethodEnrichment, Since: a.IssuedAt.UTC(),
		Session: sessionID(MethodEnrichment, a.Issuer, string(h.ID), a.IMSI), SIMRecorded: h.SIMChangedRecorded,
	}, nil
}

func (s *Service) setAsideAsserted(ctx context.Context, a assertion, number simtrust.Number, reason string) error {
	q := &quarantined{
		reason: reason, nas: a.Issuer, what: MethodEnrichment, number: number, imsi: a.IMSI, places: a.ClientIP,
		at: a.IssuedAt.UnixMilli(), received: s.now().UnixMilli(),
	}
	q.id = q.digest()
	if err := s.write(ctx, change{quarantine: q}); err != nil {
		return lookupFailed(err)
	}
	if reason == quarantineNotHeld {
		reason = ReasonNotUsable
	}
	return notAdmitted(reason)
}
