package acme_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/internal/rpc"
)

// bind asks for an account of a fresh key.
func (w *world) bind(e acme.External) (*forger, answer) {
	w.t.Helper()
	f := &forger{w: w, key: newKey(w.t)}
	a := f.post(w.base+"/acme/new-account", map[string]any{"externalAccountBinding": f.binding(e, nil)})
	f.kid = a.Header.Get("Location")
	return f, a
}

func (w *world) officer(token string) *acme.Client {
	return acme.NewClient(rpc.NewClient(w.base, http.DefaultClient, token))
}

// What is withdrawn binds no new account; accounts that are bound go on until they are deactivated too, and certificates stay valid.
func TestWithdrawnExternalAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer := w.officer("officer")
		e, other := w.external(), w.external()
		f, stranger := w.register(newKey(t), e), w.register(newKey(t), other)
		f.finalize(f.ready("a.example.com"), csrFor(t, "a.example.com"))
		if n, err := officer.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: e.KID}); err != nil || n != 0 {
			t.Fatalf("%d, %v", n, err)
		}
		if _, a := w.bind(e); a.kind() != "unauthorized" || a.StatusCode != http.StatusForbidden || !bytes.Contains(a.text, []byte("withdrawn")) {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		forged := e
		forged.Key = make([]byte, 32)
		if _, a := w.bind(forged); a.kind() != "unauthorized" || bytes.Contains(a.text, []byte("withdrawn")) {
			t.Errorf("who has no key learns of it: %d %s", a.StatusCode, a.text)
		}
		if a := f.post(f.kid, ""); a.StatusCode != http.StatusOK {
			t.Errorf("the bound account is gone: %d %s", a.StatusCode, a.text)
		}
		open := f.order("b.example.com")

		if n, err := officer.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: e.KID, Accounts: true}); err != nil || n != 1 {
			t.Fatalf("%d, %v", n, err)
		}
		if a := f.post(w.base+"/acme/new-order", names("c.example.com")); a.kind() != "unauthorized" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if a := f.post(open.url, ""); a.kind() != "unauthorized" {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		stranger.order("c.example.com")
		if _, a := w.bind(other); a.StatusCode != http.StatusCreated {
			t.Errorf("%d %s", a.StatusCode, a.text)
		}
		if found := w.issued(t); len(found) != 1 || !found[0].Revoked.IsZero() {
			t.Errorf("%+v", found)
		}
		if n, err := officer.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: e.KID, Accounts: true}); err != nil || n != 0 {
			t.Errorf("said again: %d, %v", n, err)
		}
	})
}

func TestExternalAccountsAreListed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e, withdrawn := w.external("example.com"), w.external()
		w.register(newKey(t), e)
		w.register(newKey(t), e)
		gone := w.register(newKey(t), e)
		if a := gone.post(gone.kid, map[string]any{"status": "deactivated"}); a.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", a.StatusCode, a.text)
		}
		if _, err := w.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: withdrawn.KID, By: "first"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: withdrawn.KID, By: "second"}); err != nil {
			t.Fatal(err)
		}
		list, next, err := w.officer("reader").Externals(t.Context(), ca.Page{})
		if err != nil || next != "" || len(list) != 2 {
			t.Fatalf("%+v %q %v", list, next, err)
		}
		for _, got := range list {
			switch got.KID {
			case e.KID:
				if got.Key != nil || got.Accounts != 2 || !slices.Equal(got.Names, e.Names) || got.CreatedBy != "test" || !got.Created.Equal(start) || !got.Withdrawn.IsZero() {
					t.Errorf("%+v", got)
				}
			case withdrawn.KID:
				if got.Accounts != 0 || len(got.Names) != 0 || !got.Withdrawn.Equal(start) || got.WithdrawnBy != "first" {
					t.Errorf("%+v", got)
				}
			default:
				t.Errorf("%+v", got)
			}
		}
		first, next, err := w.Externals(t.Context(), ca.Page{Limit: 1})
		if err != nil || len(first) != 1 || next != first[0].KID {
			t.Fatalf("%+v %q %v", first, next, err)
		}
		second, next, err := w.Externals(t.Context(), ca.Page{After: next, Limit: 1})
		if err != nil || len(second) != 1 || next != "" || second[0].KID == first[0].KID {
			t.Errorf("%+v %q %v", second, next, err)
		}
		w.wantAudit(t, [][3]string{
			{ca.AuditCredentialMade, "eab:" + e.KID, `{"by":"test"}`}, {ca.AuditCredentialMade, "eab:" + withdrawn.KID, `{"by":"test"}`},
			{ca.AuditCredentialWithdrawn, "eab:" + withdrawn.KID, `{"by":"first"}`},
		})
	})
}

// wantAudit verifies the audit chain and compares kinds, subjects and details.
func (w *world) wantAudit(t *testing.T, want [][3]string) {
	t.Helper()
	var got [][3]string
	err := w.ca.VerifyAudit(t.Context(), func(e ca.AuditEntry) error {
		got = append(got, [3]string{e.Kind, e.Subject, e.Detail})
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// What an account obtains names, in the audit trail, who made the external account it is bound to.
func TestOfficerStandsInTheAuditTrail(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		f.finalize(f.ready("a.example.com"), csrFor(t, "a.example.com"))
		entries, err := w.ca.Audit(t.Context(), 1, 1)
		if err != nil || len(entries) != 1 || entries[0].Kind != ca.AuditSigning || !strings.Contains(entries[0].Detail, `"authorised_by":"test"`) {
			t.Errorf("%+v, %v", entries, err)
		}
	})
}

// No listing shows a key.
func TestListingShowsNoKey(t *testing.T) {
	w := embedded(t)
	e := w.external()
	r := httptest.NewRequest(http.MethodGet, "/ca/v1/acme/eab", nil)
	r.Header.Set("Authorization", "Bearer officer")
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	if rec.Code != http.StatusOK || !bytes.Contains(rec.Body.Bytes(), []byte(e.KID)) {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	for _, key := range []string{base64.RawURLEncoding.EncodeToString(e.Key), "hmac", "key"} {
		if bytes.Contains(rec.Body.Bytes(), []byte(key)) {
			t.Errorf("%s: %s", key, rec.Body)
		}
	}
}

// A key can stand after --eab-hmac-key: it does not look like an option.
func TestKeysForCommandLines(t *testing.T) {
	w := embedded(t)
	for range 300 { // of which chance would give five a hyphen
		if e := w.external(); base64.RawURLEncoding.EncodeToString(e.Key)[0] == '-' {
			t.Fatal(e.KID)
		}
	}
}

func TestWithdrawalIsRefused(t *testing.T) {
	w := embedded(t)
	e := w.external()
	for name, tt := range map[string]struct {
		token, kid string
		kind       simtrust.Kind
	}{
		"nobody": {"", e.KID, simtrust.KindUnauthenticated}, "a reader": {"reader", e.KID, simtrust.KindDenied},
		"unknown": {"officer", "eab_none", simtrust.KindNotFound}, "a pattern": {"officer", "%", simtrust.KindNotFound},
	} {
		if _, err := w.officer(tt.token).WithdrawExternal(t.Context(), acme.WithdrawReq{KID: tt.kid, Accounts: true}); simtrust.KindOf(err) != tt.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := w.officer("").Externals(t.Context(), ca.Page{}); simtrust.KindOf(err) != simtrust.KindUnauthenticated {
		t.Error(err)
	}
	if _, a := w.bind(e); a.StatusCode != http.StatusCreated {
		t.Errorf("withdrawn after all: %d %s", a.StatusCode, a.text)
	}
}

// However accounts and the withdrawal come together, none is left valid.
func TestWithdrawalAgainstBindings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e := w.external()
		var racers sync.WaitGroup
		for range 12 {
			racers.Go(func() {
				if _, a := w.bind(e); a.StatusCode != http.StatusCreated && a.StatusCode != http.StatusForbidden && a.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("%d %s", a.StatusCode, a.text)
				}
			})
		}
		racers.Go(func() {
			if _, err := w.WithdrawExternal(t.Context(), acme.WithdrawReq{KID: e.KID, Accounts: true}); err != nil {
				t.Error(err)
			}
		})
		racers.Wait()
		list, _, err := w.Externals(t.Context(), ca.Page{})
		if err != nil || len(list) != 1 || list[0].Accounts != 0 {
			t.Errorf("%+v %v", list, err)
		}
	})
}

// An order that was left processing for longer than its request key is remembered gets no second certificate.
func TestOrderLeftTooLong(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		broken := &flaky{Service: w.ca}
		w.authority = broken
		w.restart()
		f := w.register(newKey(t), w.external())
		o := f.ready("a.example.com")
		broken.set(nil, errAway)
		f.finalize(o, csrFor(t, "a.example.com"))
		broken.set(nil, nil)
		w.clock.advance(ca.RequestHorizon)
		if err := w.ca.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Work(t.Context())
		if now := f.show(o); now.Status != "invalid" || now.Error == nil {
			t.Errorf("%+v", now)
		}
		if found := w.issued(t); len(found) != 1 {
			t.Errorf("%d certificates", len(found))
		}
	})
}
