package simshield

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/simshield/applet"
)

// issuance asks for a certificate on the word of who held the number, with which card, at an instant.
func (e *enrolling) issuance(csr []byte, public [33]byte, held time.Time) ca.IssueReq {
	req := e.certificate(e.kind)
	req.CSR, req.Authorised = csr, held
	req.RequestKey = "simshield " + enrolmentRef(e.ID, e.kind, hex.EncodeToString(public[:]))
	return req
}

// certificate is what the authority is asked for about a kind of key, whatever the key.
func (r Registration) certificate(kind applet.Kind) ca.IssueReq {
	req := ca.IssueReq{Profile: profiles[r.Application][kind], Subject: r.subject, Tenure: r.tenure, Requester: r.Party}
	if r.Application == applet.Bank {
		req.RelyingParty = r.Party
	}
	return req
}

// issuances is under how many request keys a certificate is asked for.
const issuances = 3

// issue has a key certified, once however often its proof comes: what the authority began and did not finish under one request key is asked
// for under the next.
func (s *Service) issue(ctx context.Context, req ca.IssueReq) (c ca.Certificate, err error) {
	key := req.RequestKey
	for n := range issuances {
		if n > 0 {
			req.RequestKey = fmt.Sprint(key, " ", n+1)
		}
		if c, err = s.authority.Issue(ctx, req); simtrust.ReasonOf(err) != ca.ReasonAbandoned {
			break
		}
	}
	return c, err
}

// passing reports whether what kept the authority from certifying passes: it is away, it stood still, another attempt is at it. All else is a
// refusal.
func passing(err error) bool {
	switch simtrust.KindOf(err) {
	case simtrust.KindUnavailable:
		return true
	case simtrust.KindInternal:
		return simtrust.ReasonOf(err) != ca.ReasonLint
	}
	return simtrust.ReasonOf(err) == ca.ReasonInProgress
}
