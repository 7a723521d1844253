package ca_test

import (
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
)

func TestSearch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all []string
		req := w.bank()
		req.Requester = "est:est_1"
		all = append(all, w.issue(req).ID)
		for i := range 4 {
			w.clock.advance(time.Minute)
			all = append(all, w.issue(w.server(fmt.Sprintf("a%d.example", i))).ID)
		}
		if _, err := w.revoke(all[1], ca.Superseded); err != nil {
			t.Fatal(err)
		}
		yes, no := true, false
		for name, c := range map[string]struct {
			query ca.Query
			want  []string
		}{
			"everything": {ca.Query{}, all},
			"profile":    {ca.Query{Profile: "tls-server"}, all[1:]},
			"subject":    {ca.Query{Name: "王小明"}, all[:1]},
			"no such":    {ca.Query{Name: "王小"}, nil},
			"dns":        {ca.Query{Name: "a2.example"}, all[3:4]},
			"tenure":     {ca.Query{Tenure: req.Tenure}, all[:1]},
			"requester":  {ca.Query{Requester: "est:est_1"}, all[:1]},
			"requesters": {ca.Query{Requester: "est:est_"}, nil},
			"issuer":     {ca.Query{Issuer: "bank-p256-2026"}, all[:1]},
			"expiry":     {ca.Query{ExpiresBefore: start.AddDate(0, 0, 91)}, all[1:]},
			"expiry too": {ca.Query{ExpiresFrom: start.AddDate(1, 0, 0)}, all[:1]},
			"created":    {ca.Query{CreatedFrom: start.Add(time.Minute), CreatedBefore: start.Add(3 * time.Minute)}, all[1:3]},
			"revoked":    {ca.Query{Revoked: &yes}, all[1:2]},
			"valid":      {ca.Query{Revoked: &no, Profile: "tls-server"}, all[2:]},
			"injection":  {ca.Query{Name: "' or '1'='1"}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				var got []string
				for after := ""; ; {
					page, next, err := w.Search(t.Context(), c.query, ca.Page{After: after, Limit: 2})
					if err != nil || len(page) > 2 {
						t.Fatal(len(page), err)
					}
					for _, f := range page {
						got = append(got, f.ID)
					}
					if after = next; after == "" {
						break
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
		for _, after := range []string{"x", "1_x", "1_a.00\x00", "x_" + all[0]} {
			_, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{After: after})
			wantError(t, err, simtrust.KindInvalid, ca.ReasonSearch)
		}
		for _, q := range []ca.Query{{Name: "a\x00b"}, {Issuer: "\x00"}, {Tenure: "\xff"}, {Requester: "\x00"}} {
			_, _, err := w.Search(t.Context(), q, ca.Page{})
			wantError(t, err, simtrust.KindInvalid, ca.ReasonSearch)
			_, err = w.RevokeAll(t.Context(), ca.BulkReq{Query: q, Reason: ca.Superseded})
			wantError(t, err, simtrust.KindInvalid, ca.ReasonSearch)
		}
		misspelt := ca.Query{Profile: "bank-sin"}
		_, _, err := w.Search(t.Context(), misspelt, ca.Page{})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownProfile)
		_, err = w.RevokeAll(t.Context(), ca.BulkReq{Query: misspelt, Reason: ca.Superseded})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownProfile)
		for _, id := range []string{"", "x", "a.00\x00", "a.0", "\xff.00"} {
			_, err := w.Certificate(t.Context(), id)
			wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownCertificate)
		}
	})
}

func TestBulkRevocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const n = 120 // more than a page
		for range n {
			w.issue(w.server("a.example"))
		}
		other := w.issue(w.server("b.example"))
		job, err := w.RevokeAll(t.Context(), ca.BulkReq{Query: ca.Query{Name: "a.example"}, Reason: ca.Superseded, By: "officer"})
		if err != nil || job.Total != n || !job.Finished.IsZero() {
			t.Fatalf("%+v, %v", job, err)
		}
		w.clock.advance(time.Second)
		late := w.issue(w.server("a.example"))
		if err := w.WorkBulk(t.Context()); err != nil {
			t.Fatal(err)
		}
		if job, err = w.BulkJob(t.Context(), job.ID); err != nil || job.Done != n || job.Finished.IsZero() || !job.ETA().Equal(job.Finished) {
			t.Errorf("%+v, %v", job, err)
		}
		yes := true
		found, _, err := w.Search(t.Context(), ca.Query{Revoked: &yes}, ca.Page{Limit: 1000})
		if err != nil || len(found) != n {
			t.Errorf("%d revoked, %v", len(found), err)
		}
		for _, c := range []ca.Certificate{other, late} {
			if st := w.status(c.ID); !st.Revoked.IsZero() {
				t.Errorf("%q: %+v", c.SANs.DNS, st)
			}
		}
		if err := w.VerifyAudit(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

func TestRefusedBulkRevocations(t *testing.T) {
	w := embedded(t)
	no := false
	for _, q := range []ca.Query{{}, {Revoked: &no}} {
		_, err := w.RevokeAll(t.Context(), ca.BulkReq{Query: q, Reason: ca.Superseded})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonSearch)
	}
	for _, reason := range []int{ca.CertificateHold, ca.RemoveFromCRL, 2, 99} {
		_, err := w.RevokeAll(t.Context(), ca.BulkReq{Query: ca.Query{Profile: "bank-sim"}, Reason: reason})
		wantError(t, err, simtrust.KindInvalid, ca.ReasonRevocationReason)
	}
	_, err := w.BulkJob(t.Context(), "blk_x")
	wantError(t, err, simtrust.KindNotFound, ca.ReasonUnknownJob)
}

func (w *world) authorise(profile string, change func(*ca.AuthoriseReq)) ca.Token {
	w.t.Helper()
	req := ca.AuthoriseReq{Authorisation: ca.Authorisation{
		Profile: profile, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}, Tenure: w.hold(), RelyingParty: "bank.example",
	}, By: "officer"}
	if change != nil {
		change(&req)
	}
	token, err := w.Authorise(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.authorise("bank-sim", nil)
		if !token.Expires.Equal(start.Add(10 * time.Minute)) {
			t.Errorf("expires %v", token.Expires)
		}
		der, _ := request(t, elliptic.P256(), nil)
		req := ca.RedeemReq{Token: token.Text, Profile: "bank-sim", CSR: der[:len(der)-1], Requester: "ra"}
		if _, err := w.Redeem(t.Context(), req); simtrust.KindOf(err) != simtrust.KindInvalid { // a broken CSR spends nothing
			t.Errorf("a broken CSR: %v", err)
		}
		req.CSR, req.Profile = der, "eid"
		_, err := w.Redeem(t.Context(), req)
		wantError(t, err, simtrust.KindDenied, ca.ReasonTokenScope)
		req.Profile = ""
		c, err := w.Redeem(t.Context(), req)
		if err != nil || c.Profile != "bank-sim" || c.Subject.CommonName != "王小明" || c.Requester != "ra" {
			t.Fatalf("%+v, %v", c, err)
		}
		entries, err := w.Audit(t.Context(), 0, 1)
		if err != nil || !strings.Contains(entries[0].Detail, `"by":"ra","authorised_by":"officer"`) {
			t.Errorf("the audit trail does not say who asked and who granted it: %+v, %v", entries, err)
		}
		_, err = w.Redeem(t.Context(), req)
		wantError(t, err, simtrust.KindConflict, ca.ReasonTokenSpent)

		late := w.authorise("bank-sim", nil)
		w.clock.advance(10*time.Minute + time.Second)
		_, err = w.Redeem(t.Context(), ca.RedeemReq{Token: late.Text, CSR: der})
		wantError(t, err, simtrust.KindDenied, ca.ReasonTokenInvalid)
	})
}

// TestTokensOfOtherNodes: a node takes what it did not sign itself, and nothing under a key that was withdrawn.
func TestTokensOfOtherNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		der, _ := request(t, elliptic.P256(), nil)
		here, there := w.authorise("bank-sim", nil), w.authorise("bank-sim", nil)
		other := w.node()
		if _, err := other.Redeem(t.Context(), ca.RedeemReq{Token: there.Text, CSR: der}); err != nil {
			t.Error(err)
		}
		w.tokens.withdrawn.Store(true)
		for _, node := range []*ca.Service{w.Service, other} {
			_, err := node.Redeem(t.Context(), ca.RedeemReq{Token: here.Text, CSR: der})
			wantError(t, err, simtrust.KindDenied, ca.ReasonTokenInvalid)
		}
	})
}

func TestForgedTokens(t *testing.T) {
	w := embedded(t)
	der, _ := request(t, elliptic.P256(), nil)
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		m := jwt.MapClaims{
			"iss": "http://ca.example", "aud": "simtrust-ca", "jti": "caz_1", "iat": start.Unix(), "exp": start.Add(time.Minute).Unix(),
			"profile": "tls-server", "sans": map[string]any{"dns": []string{"a.example"}},
		}
		change(m)
		return m
	}
	same := func(jwt.MapClaims) {}
	sign := func(typ string, c jwt.MapClaims) string {
		text, err := w.tokens.SignJWT(typ, c)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const typ = "ca-authorisation+jwt"
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims(same)).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	stranger := jwt.NewWithClaims(keys.ES256, claims(same))
	stranger.Header["typ"], stranger.Header["kid"] = typ, "k2"
	swapped, err := stranger.SignedString(w.tokens.key)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(typ, claims(same))
	for name, text := range map[string]string{
		"empty": "", "garbage": "a.b.c", "alg none": unsigned, "kid": swapped, "type": sign("at+jwt", claims(same)),
		"audience":  sign(typ, claims(func(m jwt.MapClaims) { m["aud"] = "other" })),
		"audiences": sign(typ, claims(func(m jwt.MapClaims) { m["aud"] = []string{"simtrust-ca", "other"} })),
		"issuer":    sign(typ, claims(func(m jwt.MapClaims) { m["iss"] = "http://evil.example" })),
		"no expiry": sign(typ, claims(func(m jwt.MapClaims) { delete(m, "exp") })),
		"future":    sign(typ, claims(func(m jwt.MapClaims) { m["iat"] = start.Add(time.Hour).Unix() })),
		"no date":   sign(typ, claims(func(m jwt.MapClaims) { delete(m, "iat") })),
		"no id":     sign(typ, claims(func(m jwt.MapClaims) { delete(m, "jti") })),
		"signature": good[:len(good)-4] + "AAAA",
		"payload":   strings.Replace(good, ".", ".e", 1),
	} {
		_, err := w.Redeem(t.Context(), ca.RedeemReq{Token: text, CSR: der})
		if simtrust.ReasonOf(err) != ca.ReasonTokenInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Redeem(t.Context(), ca.RedeemReq{Token: good, CSR: der}); err != nil {
		t.Errorf("the token they were made from: %v", err)
	}
}

func TestRefusedAuthorisations(t *testing.T) {
	w := embedded(t)
	for name, c := range map[string]struct {
		change func(*ca.AuthoriseReq)
		reason string
	}{
		"profile":   {func(r *ca.AuthoriseReq) { r.Profile = "x" }, ca.ReasonUnknownProfile},
		"escrowed":  {func(r *ca.AuthoriseReq) { r.Profile = "encryption" }, ca.ReasonUnknownProfile},
		"OCSP":      {func(r *ca.AuthoriseReq) { r.Profile, r.Issuer = "ocsp", "bank-p256-2026" }, ca.ReasonUnknownProfile},
		"stamps":    {func(r *ca.AuthoriseReq) { r.Profile = "timestamp" }, ca.ReasonUnknownProfile},
		"life":      {func(r *ca.AuthoriseReq) { r.Life = 25 * time.Hour }, ca.ReasonValidity},
		"negative":  {func(r *ca.AuthoriseReq) { r.Life = -time.Second }, ca.ReasonValidity},
		"subject":   {func(r *ca.AuthoriseReq) { r.Subject.CommonName = "{{x}}" }, ca.ReasonSubject},
		"names":     {func(r *ca.AuthoriseReq) { r.SANs.DNS = []string{"a.example"} }, ca.ReasonName},
		"no tenure": {func(r *ca.AuthoriseReq) { r.Tenure = "" }, ca.ReasonBinding},
		"tenure":    {func(r *ca.AuthoriseReq) { r.Tenure = simtrust.NewTenureID() }, ca.ReasonTenureNotCurrent},
	} {
		req := ca.AuthoriseReq{Authorisation: ca.Authorisation{Profile: "bank-sim", Subject: ca.Subject{Country: "CN", CommonName: "a"}, Tenure: w.hold(), RelyingParty: "b"}}
		c.change(&req)
		if _, err := w.Authorise(t.Context(), req); simtrust.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRenew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old := w.issue(w.server("a.example"))
		peer, err := x509.ParseCertificate(old.Raw)
		if err != nil {
			t.Fatal(err)
		}
		der, _ := request(t, elliptic.P256(), nil)
		w.clock.advance(60 * 24 * time.Hour)
		renewed, err := w.Renew(t.Context(), peer, der)
		if err != nil || renewed.ID == old.ID || !slices.Equal(renewed.SANs.DNS, old.SANs.DNS) || !renewed.NotAfter.After(old.NotAfter) {
			t.Fatalf("%+v, %v", renewed, err)
		}
		smuggled, _ := request(t, elliptic.P256(), func(r *smx509.CertificateRequest) { r.DNSNames = []string{"b.example"} })
		_, err = w.Renew(t.Context(), peer, smuggled)
		wantError(t, err, simtrust.KindInvalid, ca.ReasonName)

		_, err = w.Renew(t.Context(), nil, der)
		wantError(t, err, simtrust.KindUnauthenticated, ca.ReasonClientCertificate)
		stranger := *peer
		stranger.Raw = append(slices.Clone(peer.Raw), 0)
		_, err = w.Renew(t.Context(), &stranger, der)
		wantError(t, err, simtrust.KindUnauthenticated, ca.ReasonClientCertificate)
		stranger = *peer
		stranger.RawIssuer = []byte("x")
		_, err = w.Renew(t.Context(), &stranger, der)
		wantError(t, err, simtrust.KindUnauthenticated, ca.ReasonClientCertificate)

		bank, err := x509.ParseCertificate(w.issue(w.bank()).Raw)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Renew(t.Context(), bank, der)
		wantError(t, err, simtrust.KindDenied, ca.ReasonNotRenewable)
		if _, err := w.revoke(old.ID, ca.Superseded); err != nil {
			t.Fatal(err)
		}
		_, err = w.Renew(t.Context(), peer, der)
		wantError(t, err, simtrust.KindUnauthenticated, ca.ReasonClientCertificate)
		next, _ := x509.ParseCertificate(renewed.Raw)
		w.clock.advance(91 * 24 * time.Hour)
		_, err = w.Renew(t.Context(), next, der)
		wantError(t, err, simtrust.KindUnauthenticated, ca.ReasonClientCertificate)
	})
}

// TestRenewalsWithoutEnd renews the renewal, again and again.
func TestRenewalsWithoutEnd(t *testing.T) {
	w := embedded(t)
	c := w.issue(w.server("a.example"))
	der, _ := request(t, elliptic.P256(), nil)
	for n := range 200 {
		peer, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = w.Renew(t.Context(), peer, der); simtrust.KindOf(err) == simtrust.KindLimited && n == 100 {
			return
		} else if err != nil {
			t.Fatal(n, err)
		}
	}
	t.Error("nobody stops it")
}

// TestRenewalLivesNoLonger renews, again and again, what an officer gave for a day.
func TestRenewalLivesNoLonger(t *testing.T) {
	w := embedded(t)
	req := w.server("a.example")
	req.NotAfter = start.Add(24 * time.Hour)
	c := w.issue(req)
	for range 3 {
		peer, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			t.Fatal(err)
		}
		life := c.NotAfter.Sub(c.NotBefore)
		w.clock.advance(23 * time.Hour)
		der, _ := request(t, elliptic.P256(), nil)
		if c, err = w.Renew(t.Context(), peer, der); err != nil {
			t.Fatal(err)
		}
		if c.NotAfter.Sub(c.NotBefore) != life {
			t.Errorf("%v became %v", life, c.NotAfter.Sub(c.NotBefore))
		}
	}
}

// TestIssuedEvents carry certificates of services in full, and of persons as a hash alone.
func TestIssuedEvents(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var mu sync.Mutex // events have no order among each other, and arrive at once
		var got []ca.IssuedCertificate
		outbox.On(w.outbox, "log", func(_ context.Context, e ca.Issued) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, e.Certificates...)
			return nil
		})
		bank, server := w.issue(w.bank()), w.issue(w.server("a.example"))
		if err := w.outbox.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 {
			t.Fatalf("%d certificates", len(got))
		}
		if got[0].ID != bank.ID {
			slices.Reverse(got)
		}
		if got[0].ID != bank.ID || got[0].Raw != nil || len(got[0].SHA256) != 32 || got[1].ID != server.ID || !slices.Equal(got[1].Raw, server.Raw) {
			t.Errorf("%+v", got)
		}
	})
}
