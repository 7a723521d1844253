package ca_test

import (
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
)

// TestCheck: what Issue would refuse is refused before there is a key, for the same reason; what it would take, passes.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			reason string
			kind   csr.Algorithm
			change func(*ca.IssueReq)
		}{
			"good":           {"", csr.P256, func(*ca.IssueReq) {}},
			"profile":        {ca.ReasonUnknownProfile, csr.P256, func(r *ca.IssueReq) { r.Profile = "seal" }},
			"key":            {ca.ReasonKeyKind, csr.RSA, func(*ca.IssueReq) {}},
			"no common name": {ca.ReasonSubject, csr.P256, func(r *ca.IssueReq) { r.Subject.CommonName = "" }},
			"surname":        {ca.ReasonSubject, csr.P256, func(r *ca.IssueReq) { r.Subject.Surname = "王" }},
			"country":        {ca.ReasonSubject, csr.P256, func(r *ca.IssueReq) { r.Subject.Country = "cn" }},
			"name":           {ca.ReasonName, csr.P256, func(r *ca.IssueReq) { r.SANs.DNS = []string{"a.example"} }},
			"no tenure":      {ca.ReasonBinding, csr.P256, func(r *ca.IssueReq) { r.Tenure = "" }},
			"no bank":        {ca.ReasonBinding, csr.P256, func(r *ca.IssueReq) { r.RelyingParty = "" }},
			"issuer":         {ca.ReasonUnknownIssuer, csr.P256, func(r *ca.IssueReq) { r.Issuer = "nobody" }},
		} {
			req := w.bank()
			c.change(&req)
			if err := w.Check(req, c.kind); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
			if c.kind != csr.P256 {
				continue // the request has a key of P-256
			}
			if _, err := w.Issue(t.Context(), req); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s, issued: %v", name, err)
			}
		}
	})
}
