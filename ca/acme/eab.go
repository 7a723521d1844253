package acme

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// Reasons of errors of the own API.
const (
	ReasonProfile = "profile_refused" // invalid: no such profile, or none for server names alone
	ReasonNames   = "names_refused"   // invalid: a name is no DNS name
)

// External is an external account: what its ACME accounts may have.
type External struct {
	KID string
	// Key is the HS256 key that binds accounts, told once.
	Key     []byte
	Profile string
	// Names are what may be ordered, each with all names below it; empty: any.
	Names     []string
	Created   time.Time
	CreatedBy string
	// Accounts is how many valid accounts are bound to it; in listings only.
	Accounts int
	// Withdrawn is since when it binds no account; zero: it does.
	Withdrawn   time.Time
	WithdrawnBy string
}

// ExternalReq asks for an external account.
type ExternalReq struct {
	Profile string
	Names   []string
	By      string
}

// NewExternal makes an external account. Errors: KindInvalid with [ReasonProfile] or [ReasonNames].
func (s *Service) NewExternal(ctx context.Context, req ExternalReq) (External, error) {
	if !s.issues(req.Profile) {
		return External{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonProfile, Op: "acme.eab", Msg: "the profile does not exist or needs more than DNS names"}
	}
	for i, n := range req.Names {
		req.Names[i] = strings.ToLower(n)
		if !validName(req.Names[i]) {
			return External{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonNames, Op: "acme.eab", Msg: "a name is no DNS name"}
		}
	}
	e := External{Profile: req.Profile, Names: req.Names, Created: instant(s.now().UnixMilli()), CreatedBy: req.By}
	for e.KID == "" || strings.HasPrefix(encode(e.Key), "-") { // which the command lines of clients would take for an option
		e.KID = simtrust.NewID("eab")
		e.Key = s.externalKey(e.KID)
	}
	err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into acme_eab (kid, profile, names, created, created_by) values ($1, $2, $3, $4, $5)`,
			e.KID, e.Profile, textOf(e.Names), e.Created.UnixMilli(), e.CreatedBy)
		if err != nil {
			return err
		}
		return ca.AuditCredential(ctx, tx, e.Created, ca.AuditCredentialMade, "eab:"+e.KID, e.CreatedBy)
	})
	if err != nil {
		return External{}, err
	}
	s.log.InfoContext(ctx, "acme: an external account was made", "kid", e.KID, "profile", e.Profile, "by", e.CreatedBy)
	return e, nil
}

// issues reports whether DNS names are all that a profile needs.
func (s *Service) issues(profile string) bool {
	p, ok := s.authority.Profile(profile)
	if !ok || p.DNS == "" || p.Escrowed || p.AnyLine || p.Person || p.Tenure == "required" || p.RelyingParty == "required" {
		return false
	}
	for _, a := range p.Subject {
		if a.Required {
			return false
		}
	}
	return true
}

func (s *Service) externalKey(kid string) []byte {
	mac := hmac.New(sha256.New, s.externalSecret)
	mac.Write([]byte(kid))
	return mac.Sum(nil)
}

// allows reports whether a name may be ordered.
func (e External) allows(name string) bool {
	name = strings.TrimPrefix(name, "*.")
	for _, n := range e.Names {
		if name == n || strings.HasSuffix(name, "."+n) {
			return true
		}
	}
	return len(e.Names) == 0
}

// bind checks the binding of an account key to an external account (RFC 8555, section 7.3.4) and returns the latter's kid.
func (s *Service) bind(ctx context.Context, binding []byte, key publicKey, url string) (string, error) {
	if len(binding) == 0 {
		return "", newProblem(http.StatusForbidden, "externalAccountRequired", "accounts are bound to an external account; its key comes from the authority's officer")
	}
	m, err := parseJWS(binding)
	if err != nil {
		return "", err
	}
	switch h := m.header; {
	case h.Alg != hs256 || h.KID == "" || h.Nonce != nil:
		return "", malformed("an external account binding is signed with HS256 under its kid, without a nonce")
	case h.URL != url:
		return "", malformed("the binding's url is not that of the request")
	}
	mac := hmac.New(sha256.New, s.externalKey(m.header.KID))
	mac.Write(m.input)
	if !hmac.Equal(mac.Sum(nil), m.signature) {
		return "", unauthorized("no such external account, or another key")
	}
	bound, err := parseJWK(m.payload)
	if err != nil || bound.thumbprint != key.thumbprint {
		return "", malformed("the binding is for another account key")
	}
	return m.header.KID, binds(ctx, s.db, m.header.KID)
}
