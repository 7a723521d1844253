package acme

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/sqldb"
)

// requester is what the register says of who asked for a certificate.
func requester(account string) string { return "acme:" + account }

// finalize takes the CSR of a ready order and issues (RFC 8555, section 7.4). The same CSR again shows the order.
func (s *Service) finalize(ctx context.Context, r *request) (*reply, error) {
	o, err := s.ownOrder(ctx, r)
	if err != nil {
		return nil, err
	}
	var p struct {
		CSR string `json:"csr"`
	}
	if err := r.into(&p); err != nil {
		return nil, err
	}
	der, ok := decode(p.CSR)
	if !ok {
		return nil, badCSR("csr is a request in DER, base64url without padding")
	}
	if o.csr != nil && bytes.Equal(o.csr, der) {
		return s.orderReply(ctx, &o, http.StatusOK)
	}
	if status := o.state(s.now()); status != statusReady {
		return nil, newProblem(http.StatusForbidden, "orderNotReady", "the order is "+status)
	}
	if err := checkCSR(der, o.names, r.account.key); err != nil {
		return nil, err
	}
	o.csr = der
	if err := s.beginIssuance(ctx, o); err != nil {
		return nil, err
	}
	s.issue(ctx, o)
	if o, err = orderByID(ctx, s.db, o.id); err != nil {
		return nil, err
	}
	return s.orderReply(ctx, &o, http.StatusOK)
}

// checkCSR wants exactly the order's names, in the alternative names or the common name, and a key that is not an account's.
func checkCSR(der []byte, names []string, account publicKey) error {
	r, err := csr.Parse(der)
	if err != nil {
		return csrProblem(err)
	}
	if len(r.Emails)+len(r.URIs)+len(r.IPs)+len(r.UPNs)+len(r.OtherNames) > 0 {
		return badCSR("the CSR asks for names of another type than dns")
	}
	asked := lower(r.DNSNames)
	if name := commonName(r); name != "" {
		asked = append(asked, strings.ToLower(name))
	}
	slices.Sort(asked)
	if !slices.Equal(slices.Compact(asked), names) {
		return badCSR("the CSR does not ask for exactly the names of the order")
	}
	if account.is(r.PublicKey) {
		return badCSR("the key of a certificate is not that of an account")
	}
	return nil
}

func lower(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToLower(n)
	}
	return out
}

// commonName is the subject's, the last where there are several.
func commonName(r *csr.Request) (name string) {
	for _, set := range r.Subject {
		for _, a := range set {
			if text, ok := a.Value.(string); ok && a.Type.String() == "2.5.4.3" {
				name = text
			}
		}
	}
	return name
}

// csrProblem tells what the authority does not take.
func csrProblem(err error) *problem {
	if e, ok := errors.AsType[*simtrust.Error](err); ok && (e.Kind == simtrust.KindInvalid || e.Reason == ca.ReasonKeyBlocked) {
		return badCSR(e.Msg)
	}
	return problemOf(err)
}

// beginIssuance moves a ready order to processing, with its CSR.
func (s *Service) beginIssuance(ctx context.Context, o order) error {
	now := s.now().UnixMilli()
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		ok, err := changed(tx.Exec(ctx, `update acme_order set status = 'processing', csr = $2, claimed = $3 where id = $1 and status = 'ready' and expires > $3`,
			o.id, o.csr, now))
		if err == nil && !ok {
			return newProblem(http.StatusForbidden, "orderNotReady", "the order is finalized already, or has ended")
		}
		return err
	})
}

// issue asks for the certificate of a processing order and writes what came of it. Whatever is not certain yet leaves the order
// processing, to be taken up again: under the order's id the authority gives the same certificate, or none.
func (s *Service) issue(ctx context.Context, o order) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), issuanceTime)
	defer cancel()
	c, err := s.issueOnce(ctx, o)
	if err != nil && uncertain(err) {
		return
	}
	if err := s.finish(ctx, o.id, c, s.refusalOf(ctx, o, err)); err != nil {
		s.log.WarnContext(ctx, "acme: an order stays processing", "order", o.id, "error", err)
	}
}

var errLeft = &simtrust.Error{Kind: simtrust.KindConflict, Msg: "the order was left too long to be sure that it has no certificate"}

// issueOnce asks under the order's id. Past the authority's memory of such it does not: an order never has two certificates.
func (s *Service) issueOnce(ctx context.Context, o order) (ca.Certificate, error) {
	if !s.now().Before(o.created.Add(ca.RequestHorizon)) {
		return ca.Certificate{}, errLeft
	}
	officer, err := officerOf(ctx, s.db, o.account)
	if err != nil {
		return ca.Certificate{}, &simtrust.Error{Kind: simtrust.KindUnavailable, Op: "acme", Msg: "the account is not known now", Err: err}
	}
	return s.authority.Issue(ctx, issueRequest(o, officer))
}

func issueRequest(o order, officer string) ca.IssueReq {
	req := ca.IssueReq{Profile: o.profile, CSR: o.csr, SANs: ca.SANs{DNS: o.names}, Requester: requester(o.account), AuthorisedBy: officer,
		RequestKey: "acme:" + o.id}
	if r, err := csr.Parse(o.csr); err == nil {
		req.Subject.CommonName = subjectName(r)
	}
	return req
}

// maxCommonName is the length of a common name in RFC 5280, appendix A.
const maxCommonName = 64

// subjectName is the CSR's common name where a subject can have it: alternative names are what counts.
func subjectName(r *csr.Request) string {
	name := strings.ToLower(commonName(r))
	if len(name) > maxCommonName || strings.HasPrefix(name, "*.") {
		return ""
	}
	return name
}

// uncertain reports whether the authority may yet answer otherwise.
func uncertain(err error) bool {
	switch simtrust.ReasonOf(err) {
	case ca.ReasonInProgress:
		return true
	case ca.ReasonOutlivesIssuer:
		return false
	}
	return simtrust.KindOf(err) == simtrust.KindUnavailable || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// refusalOf says why an order ends without a certificate; nil for a nil error.
func (s *Service) refusalOf(ctx context.Context, o order, err error) *problem {
	if err == nil {
		return nil
	}
	p := csrProblem(err)
	if p.Status < http.StatusInternalServerError {
		return p
	}
	s.log.ErrorContext(ctx, "acme: an order was not issued", "order", o.id, "error", err)
	return newProblem(http.StatusInternalServerError, "serverInternal", "the certificate was not issued; make a new order")
}

// finish moves an order out of processing.
func (s *Service) finish(ctx context.Context, id string, c ca.Certificate, refusal *problem) error {
	status := statusValid
	if refusal != nil {
		status, c.ID = statusInvalid, ""
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update acme_order set status = $2, certificate = $3, error = $4 where id = $1 and status = 'processing'`,
			id, status, c.ID, textOf(refusal))
		return err
	})
}
