package est_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/est"
	"simtrust/internal/rpc"
)

// officer is the client of somebody with that token.
func (w *world) officer(token string) *est.Client {
	return est.NewClient(rpc.NewClient(w.server.URL, w.server.Client(), token))
}

// TestOfficerOverHTTP makes, lists and withdraws credentials by the client.
func TestOfficerOverHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		officer, reader := w.officer(officerToken), w.officer("reader")
		subject := ca.Subject{Organization: "Example"}
		made, password, err := officer.Make(t.Context(), est.MakeReq{Profile: "tls-client", Names: []string{"fleet.example"}, Subject: subject})
		if err != nil || made.Username == "" || password == "" || made.CreatedBy != "officer" {
			t.Fatalf("%+v %v", made, err)
		}
		other, _, err := officer.Make(t.Context(), est.MakeReq{Profile: "tls-server", Names: []string{"*"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := officer.Withdraw(t.Context(), other.Username); err != nil {
			t.Fatal(err)
		}
		list, next, err := reader.Credentials(t.Context(), ca.Page{})
		if err != nil || next != "" || len(list) != 2 {
			t.Fatalf("%+v %q %v", list, next, err)
		}
		if list[0].Username != made.Username { // their order is that of random names
			slices.Reverse(list)
		}
		if got := list[0]; got.Username != made.Username || got.Subject != subject || !slices.Equal(got.Names, made.Names) || !got.Created.Equal(made.Created) ||
			!got.LastUsed.IsZero() || !got.Withdrawn.IsZero() || got.WithdrawnBy != "" {
			t.Errorf("%+v", got)
		}
		if got := list[1]; got.Withdrawn.IsZero() || got.WithdrawnBy != "officer" {
			t.Errorf("%+v", got)
		}
		if err := officer.Withdraw(t.Context(), other.Username); simtrust.ReasonOf(err) != est.ReasonNoCredentials {
			t.Errorf("withdrawn twice: %v", err)
		}
		if err := reader.Withdraw(t.Context(), made.Username); simtrust.KindOf(err) != simtrust.KindDenied {
			t.Errorf("a reader withdrew: %v", err)
		}
		if _, _, err := w.officer("nobody").Credentials(t.Context(), ca.Page{}); simtrust.KindOf(err) != simtrust.KindUnauthenticated {
			t.Errorf("nobody listed: %v", err)
		}
		made.Username, other.Username = "est:"+made.Username, "est:"+other.Username
		w.wantAudit(t, [][2]string{{ca.AuditCredentialMade, made.Username}, {ca.AuditCredentialMade, other.Username}, {ca.AuditCredentialWithdrawn, other.Username}})
	})
}

// No listing holds a password, its digest, or a name for one.
func TestListingShowsNoSecret(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "x")
	r := w.do(call{method: "GET", path: "/ca/v1/est/credentials", bearer: officerToken})
	if r.status != http.StatusOK || !bytes.Contains(r.body, []byte(l.username)) {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, secret := range []string{l.password, "password", "secret"} {
		if bytes.Contains(r.body, []byte(secret)) {
			t.Errorf("%s: %s", secret, r.body)
		}
	}
}

func TestListingInPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := map[string]bool{}
		for i := range 7 {
			want[w.credential("tls-client", ca.Subject{}, fmt.Sprintf("d%d.example", i)).username] = true
		}
		pages := 0
		for page := (ca.Page{Limit: 3}); ; pages++ {
			list, next, err := w.face.Credentials(t.Context(), page)
			if err != nil || len(list) > 3 {
				t.Fatalf("%d, %v", len(list), err)
			}
			for _, c := range list {
				delete(want, c.Username)
			}
			if page.After = next; next == "" {
				break
			}
		}
		if len(want) != 0 || pages != 2 {
			t.Errorf("%d are missing, after %d pages", len(want), pages+1)
		}
		for _, limit := range []int{-1, 0, 1_000_000} {
			if list, _, err := w.face.Credentials(t.Context(), ca.Page{Limit: limit}); err != nil || len(list) != 7 {
				t.Errorf("%d: %d, %v", limit, len(list), err)
			}
		}
	})
}

// The last use is known to the minute, does not go back, and is no use with a wrong password.
func TestLastUse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.credential("tls-client", ca.Subject{}, "x")
		start := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		authenticate := func(after time.Duration, password string) {
			t.Helper()
			face, err := est.New(est.Deps{DB: w.db, Authority: w.authority, Now: func() time.Time { return start.Add(after) }}, est.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := face.Authenticate(t.Context(), l.username, password); (err == nil) != (password == l.password) {
				t.Error(err)
			}
		}
		used := func() time.Time {
			t.Helper()
			list, _, err := w.face.Credentials(t.Context(), ca.Page{})
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v %v", list, err)
			}
			return list[0].LastUsed
		}
		authenticate(0, "wrong")
		if !used().IsZero() {
			t.Error("a wrong password is no use")
		}
		for _, step := range []struct{ at, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {0, time.Minute}, {time.Hour, time.Hour}} {
			authenticate(step.at, l.password)
			if got := used(); !got.Equal(start.Add(step.want)) {
				t.Errorf("used at %v: %v, not %v", step.at, got.Sub(start), step.want)
			}
		}
	})
}

// wantAudit verifies the audit chain and compares kinds and subjects; all is the officer's doing.
func (w *world) wantAudit(t *testing.T, want [][2]string) {
	t.Helper()
	var got [][2]string
	err := w.authority.VerifyAudit(t.Context(), func(e ca.AuditEntry) error {
		if got = append(got, [2]string{e.Kind, e.Subject}); e.Detail != `{"by":"officer"}` {
			t.Errorf("%s", e.Detail)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestOfficerStandsInTheAuditTrail: what a credential obtains names who made it.
func TestOfficerStandsInTheAuditTrail(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.credential("tls-client", ca.Subject{}, "meter")
		w.do(enrol("/simpleenroll", l, request(t, newKey(t), "meter", nil))).certificate(t)
		entries, err := w.authority.Audit(t.Context(), 1, 1)
		if err != nil || len(entries) != 1 || entries[0].Kind != ca.AuditSigning || !strings.Contains(entries[0].Detail, `"authorised_by":"test"`) {
			t.Errorf("%+v, %v", entries, err)
		}
	})
}
