package ca

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// The scopes of the operations.
const (
	ScopeAuthorise = "ca:authorise"
	ScopeIssue     = "ca:issue"
	ScopeRead      = "ca:read"
	ScopeRevoke    = "ca:revoke"
)

const (
	patternAuthorise = "POST /ca/v1/authorisations"
	patternIssue     = "POST /ca/v1/certificates"
	patternShow      = "GET /ca/v1/certificates/{id}"
	patternSearch    = "POST /ca/v1/search"
	patternRevoke    = "POST /ca/v1/certificates/{id}/revocation"
	patternBulk      = "POST /ca/v1/bulk-revocations"
	patternJob       = "GET /ca/v1/bulk-revocations/{id}"
	patternBlock     = "POST /ca/v1/blocked-keys"
	patternRenew     = "POST /ca/v1/renewals"
)

// maxRequest holds a CSR of the largest size in PEM, and what stands around it.
const maxRequest = 64 << 10

// maxRequestKey bounds what a client names a request by: it goes into an index.
const maxRequestKey = 128

// Mount mounts the own API and the disclosure statement. The files of the hierarchy are the ceremony's to publish. Names of persons
// travel in bodies, never in URLs.
func (s *Service) Mount(r *rpc.Router) {
	revoke := rpc.Scope(ScopeRevoke)
	rpc.Handle(r, "ca.authorise", patternAuthorise, s.authoriseWire, rpc.Scope(ScopeAuthorise), rpc.Status(http.StatusCreated))
	rpc.Handle(r, "ca.issue", patternIssue, s.issueWire, rpc.Scope(ScopeIssue), rpc.Status(http.StatusCreated), rpc.MaxBody(maxRequest))
	rpc.Handle(r, "ca.show", patternShow, s.showWire, rpc.Scope(ScopeRead))
	rpc.Handle(r, "ca.search", patternSearch, s.searchWire, rpc.Scope(ScopeRead))
	rpc.Handle(r, "ca.revoke", patternRevoke, s.revokeWire, revoke)
	rpc.Handle(r, "ca.bulk_revoke", patternBulk, s.bulkWire, revoke, rpc.Status(http.StatusAccepted))
	rpc.Handle(r, "ca.bulk_job", patternJob, s.jobWire, revoke)
	rpc.Handle(r, "ca.block_key", patternBlock, s.blockWire, revoke)
	r.Raw("ca.renew", patternRenew, http.HandlerFunc(s.renewHTTP), rpc.Public(), rpc.MaxBody(maxRequest)) // the client certificate authenticates
	r.Raw("ca.disclosure", "GET /ca/pds/en", http.HandlerFunc(serveDisclosure), rpc.Public())
}

// caller names who asks.
func caller(ctx context.Context) string {
	c, _ := rpc.CallerFrom(ctx)
	return c.Client
}

func (s *Service) authoriseWire(ctx context.Context, w authoriseWire) (tokenWire, error) {
	t, err := s.Authorise(ctx, AuthoriseReq{
		Authorisation: Authorisation{Profile: w.Profile, Issuer: w.Issuer, Subject: w.Subject, SANs: w.SANs,
			Tenure: simtrust.TenureID(w.Tenure), RelyingParty: w.RelyingParty, NotAfter: w.NotAfter},
		Life: time.Duration(min(max(w.LifeSeconds, -1), int64(2*maxTokenLife/time.Second))) * time.Second,
		By:   caller(ctx),
	})
	return tokenWire{t.Text, t.Expires}, err
}

func (s *Service) issueWire(ctx context.Context, w issueWire) (certificateWire, error) {
	if len(w.RequestKey) > maxRequestKey || !ascii(w.RequestKey) {
		return certificateWire{}, invalid(ReasonRequestKey, "a request key has up to 128 printable ASCII characters")
	}
	der, err := requestDER(w.CSR)
	if err != nil {
		return certificateWire{}, err
	}
	c, err := s.Redeem(ctx, RedeemReq{Token: w.Token, Profile: w.Profile, CSR: der, Requester: caller(ctx), RequestKey: s.scoped(ctx, w.RequestKey)})
	return wireOf(c), err
}

// scoped keeps the request keys of clients apart from each other's and from those of the faces.
func (s *Service) scoped(ctx context.Context, key string) string {
	if key == "" {
		return ""
	}
	client := caller(ctx)
	return fmt.Sprintf("api:%d:%s:%s", len(client), client, key)
}

func (s *Service) showWire(ctx context.Context, w idWire) (certificateWire, error) {
	c, err := s.Certificate(ctx, w.ID)
	return wireOf(c), err
}

func (s *Service) searchWire(ctx context.Context, w searchWire) (foundWire, error) {
	found, next, err := s.Search(ctx, w.Query, Page{w.After, w.Limit})
	res := foundWire{Certificates: make([]certificateWire, len(found)), Next: next}
	for i, c := range found {
		res.Certificates[i] = wireOf(c)
	}
	return res, err
}

func (s *Service) revokeWire(ctx context.Context, w revokeWire) (certificateWire, error) {
	c, err := s.Revoke(ctx, RevokeReq{ID: w.ID, Reason: w.Reason, By: caller(ctx), Officer: true})
	return wireOf(c), err
}

func (s *Service) bulkWire(ctx context.Context, w bulkWire) (jobWire, error) {
	j, err := s.RevokeAll(ctx, BulkReq{Query: w.Query, Reason: w.Reason, By: caller(ctx)})
	return wireOfJob(j), err
}

func (s *Service) jobWire(ctx context.Context, w idWire) (jobWire, error) {
	j, err := s.BulkJob(ctx, w.ID)
	return wireOfJob(j), err
}

func (s *Service) blockWire(ctx context.Context, w blockWire) (nothingWire, error) {
	hash, ok := keyHash(w.KeyHash)
	if !ok || w.Cause == "" {
		return nothingWire{}, invalid(ReasonKeyKind, "key_hash is a SHA-256 in hexadecimal, and cause says why")
	}
	return nothingWire{}, s.BlockKey(ctx, hash, w.Cause+" ("+caller(ctx)+")")
}

const typeRequest = "application/pkcs10"

// renewHTTP takes a CSR in DER on a connection with a client certificate. A browser that has one sends it for any page that asks; but
// for a body of this type it asks the server first, and is not told that it may.
func (s *Service) renewHTTP(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		rpc.Fail(w, r, errClientCertificate)
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != typeRequest {
		rpc.Fail(w, r, invalid(rpc.ReasonMediaType, "the body is "+typeRequest))
		return
	}
	der, err := io.ReadAll(r.Body)
	if err != nil {
		rpc.Fail(w, r, invalid(ReasonRequestText, "the body cannot be read"))
		return
	}
	c, err := s.Renew(r.Context(), r.TLS.PeerCertificates[0], der)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	c.Tenure = "" // the holder's own, and still what two parties could compare
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(wireOf(c)) // the client has gone
}

// serveDisclosure is the PKI disclosure statement that eID certificates point to.
func serveDisclosure(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(disclosure) // the client has gone
}
