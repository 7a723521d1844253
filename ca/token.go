package ca

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// Authorisation is what a token allows: one certificate of this profile for this subject.
type Authorisation struct {
	Profile      string            `json:"profile"`
	Issuer       string            `json:"issuer,omitzero"`
	Subject      Subject           `json:"subject"`
	SANs         SANs              `json:"sans,omitzero"`
	Tenure       simtrust.TenureID `json:"tenure,omitzero"`
	RelyingParty string            `json:"relying_party,omitzero"`
	NotAfter     time.Time         `json:"not_after,omitzero"`
}

const (
	tokenType     = "ca-authorisation+jwt"
	tokenAudience = "simtrust-ca"
	// maxTokenLife bounds how long an authorisation waits for its CSR.
	maxTokenLife     = 24 * time.Hour
	defaultTokenLife = 10 * time.Minute
)

type tokenClaims struct {
	jwt.RegisteredClaims
	Authorisation
}

// AuthoriseReq asks for a token.
type AuthoriseReq struct {
	Authorisation
	Life time.Duration // 0: ten minutes; at most 24 hours
	By   string
}

// Token authorises one certificate, once.
type Token struct {
	Text    string
	Expires time.Time
}

// Authorise makes a single-use token for a certificate. It refuses what the profile would. Errors: KindInvalid; KindDenied with
// [ReasonTenureNotCurrent].
func (s *Service) Authorise(ctx context.Context, req AuthoriseReq) (Token, error) {
	a, life := req.Authorisation, req.Life
	if life == 0 {
		life = defaultTokenLife
	}
	p, ok := s.Profile(a.Profile)
	switch {
	case !ok || p.Escrowed:
		return Token{}, invalid(ReasonUnknownProfile, "no such profile")
	case p.Delegate:
		return Token{}, invalid(ReasonUnknownProfile, "who speaks for the authority is appointed in a key ceremony")
	case life < 0 || life > maxTokenLife:
		return Token{}, invalid(ReasonValidity, "a token lives up to 24 hours")
	}
	asked := a.request()
	if err := p.check(&asked); err != nil {
		return Token{}, err
	}
	if err := s.current(ctx, a.Tenure); err != nil {
		return Token{}, err
	}
	now := s.now()
	expires := now.Add(life).UTC().Truncate(time.Second)
	text, err := s.reader.sign(tokenClaims{
		jwt.RegisteredClaims{
			Issuer: s.config.BaseURL, Audience: jwt.ClaimStrings{tokenAudience}, ID: simtrust.NewID("caz"), Subject: req.By,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		}, a,
	})
	return Token{text, expires}, err
}

func (a Authorisation) request() IssueReq {
	return IssueReq{Profile: a.Profile, Issuer: a.Issuer, Subject: a.Subject, SANs: a.SANs, Tenure: a.Tenure, RelyingParty: a.RelyingParty, NotAfter: a.NotAfter}
}

var errTokenInvalid = denied(ReasonTokenInvalid, "the authorisation token is forged, expired or for another purpose")

// RedeemReq turns a token and a CSR into a certificate.
type RedeemReq struct {
	Token string
	// Profile, when given, must be the token's.
	Profile    string
	CSR        []byte // DER
	Requester  string
	RequestKey string // see IssueReq
}

// Redeem issues what a token authorises. The token is spent by the record of the certificate: a request that fails before leaves
// it usable. Errors: those of Issue; KindDenied with [ReasonTokenInvalid] or [ReasonTokenScope]; KindConflict with
// [ReasonTokenSpent].
func (s *Service) Redeem(ctx context.Context, r RedeemReq) (Certificate, error) {
	claims, err := s.reader.read(r.Token)
	if err == nil && r.Profile != "" && r.Profile != claims.Profile {
		err = denied(ReasonTokenScope, "the token authorises another profile")
	}
	if err != nil {
		s.refuse(r.Profile, err)
		return Certificate{}, err
	}
	req := claims.request()
	req.CSR, req.Requester, req.Token, req.RequestKey = r.CSR, r.Requester, claims.ID, r.RequestKey
	req.Authorised, req.AuthorisedBy = claims.IssuedAt.Time, claims.RegisteredClaims.Subject
	return s.Issue(ctx, req)
}
