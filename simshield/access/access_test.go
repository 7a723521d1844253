package access_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/simshield/access"
)

var anywhere = netip.MustParseAddr("203.0.113.1")

func each(t *testing.T, fn func(t *testing.T, s *access.Service)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{access.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		fn(t, access.New(access.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now, Known: func(_ context.Context, id string) error {
			if id != "shop" && id != "bank" {
				return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "unknown_application"}
			}
			return nil
		}}))
	})
}

func give(t *testing.T, s *access.Service, a access.Access) string {
	t.Helper()
	secret, err := s.Make(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// TestAuthenticate: only the name's own secret, on its own face, from its own network.
func TestAuthenticate(t *testing.T) {
	each(t, func(t *testing.T, s *access.Service) {
		uuid := give(t, s, access.Access{Face: access.MobileID, Name: "DEMO", Application: "shop"})
		word := give(t, s, access.Access{Face: access.MSS, Name: "DEMO", Application: "bank", Networks: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}})
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(uuid) {
			t.Errorf("the secret of Mobile-ID is %q", uuid)
		}
		mobile, mss, inside := s.Door(access.MobileID), s.Door(access.MSS), netip.MustParseAddr("2001:db8::7")
		for name, c := range map[string]struct {
			door         access.Door
			name, secret string
			from         netip.Addr
			application  string
		}{
			"right":                  {mobile, "DEMO", uuid, anywhere, "shop"},
			"in other case":          {mobile, "demo", strings.ToUpper(uuid), anywhere, "shop"},
			"right, elsewhere":       {mss, "DEMO", word, inside, "bank"},
			"another face's secret":  {mobile, "DEMO", word, anywhere, ""},
			"no secret":              {mobile, "DEMO", "", anywhere, ""},
			"no name":                {mobile, "", uuid, anywhere, ""},
			"half a secret":          {mobile, "DEMO", uuid[:35], anywhere, ""},
			"an unknown name":        {mobile, "DEMO2", uuid, anywhere, ""},
			"a wildcard":             {mobile, "%", uuid, anywhere, ""},
			"from another network":   {mss, "DEMO", word, anywhere, ""},
			"from nowhere":           {mss, "DEMO", word, netip.Addr{}, ""},
			"a password in capitals": {mss, "DEMO", strings.ToUpper(word), inside, ""},
		} {
			application, err := c.door.Authenticate(t.Context(), c.name, c.secret, c.from)
			if application != c.application || (err == nil) != (c.application != "") || err != nil && simtrust.ReasonOf(err) != access.ReasonCredential {
				t.Errorf("%s: %q, %v", name, application, err)
			}
		}
		if mobile.Admits(t.Context(), "shop", anywhere) != nil || mss.Admits(t.Context(), "bank", inside) != nil {
			t.Error("an application is kept out of its own network")
		}
		if mss.Admits(t.Context(), "bank", anywhere) == nil || mss.Admits(t.Context(), "shop", inside) == nil || mobile.Admits(t.Context(), "", anywhere) == nil {
			t.Error("an application is admitted where it has no name")
		}
	})
}

// TestMake: what is no name, or was another's.
func TestMake(t *testing.T) {
	each(t, func(t *testing.T, s *access.Service) {
		give(t, s, access.Access{Face: access.MSS, Name: "http://ap.example/", Application: "shop"})
		for name, c := range map[string]struct {
			access access.Access
			reason string
		}{
			"an unknown face":        {access.Access{Face: "csc", Name: "A", Application: "shop"}, access.ReasonFace},
			"no name":                {access.Access{Face: access.MSS, Application: "shop"}, access.ReasonName},
			"a long name":            {access.Access{Face: access.MSS, Name: strings.Repeat("a", 129), Application: "shop"}, access.ReasonName},
			"a line break":           {access.Access{Face: access.MSS, Name: "a\nb", Application: "shop"}, access.ReasonName},
			"another alphabet":       {access.Access{Face: access.MSS, Name: "аp", Application: "shop"}, access.ReasonName},
			"an unknown application": {access.Access{Face: access.MSS, Name: "B", Application: "nobody"}, "unknown_application"},
			"a name that is taken":   {access.Access{Face: access.MSS, Name: "HTTP://ap.example/", Application: "bank"}, access.ReasonTaken},
		} {
			if secret, err := s.Make(t.Context(), c.access); simtrust.ReasonOf(err) != c.reason || secret != "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestWithdraw: a withdrawn name is nobody's, for ever.
func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, s *access.Service) {
		a := access.Access{Face: access.MSS, Name: "A", Application: "shop"}
		secret := give(t, s, a)
		if err := s.Withdraw(t.Context(), access.MSS, "a", "test"); err != nil {
			t.Fatal(err)
		}
		door := s.Door(access.MSS)
		if _, err := door.Authenticate(t.Context(), "A", secret, anywhere); simtrust.KindOf(err) != simtrust.KindUnauthenticated {
			t.Errorf("after its withdrawal: %v", err)
		}
		if door.Admits(t.Context(), "shop", anywhere) == nil {
			t.Error("a withdrawn name admits")
		}
		if err := s.Withdraw(t.Context(), access.MSS, "A", "test"); simtrust.ReasonOf(err) != access.ReasonUnknown {
			t.Errorf("withdrawn again: %v", err)
		}
		if _, err := s.Make(t.Context(), a); simtrust.ReasonOf(err) != access.ReasonTaken {
			t.Errorf("made again: %v", err)
		}
	})
}

// TestOperations: the operations over HTTP; no list holds a secret.
func TestOperations(t *testing.T) {
	each(t, func(t *testing.T, s *access.Service) {
		r := rpc.NewRouter(rpc.Config{Auth: operator{}})
		s.Mount(r)
		made := map[string]string{}
		call(t, r, "POST /simshield/v1/access", `{"face":"mss","name":"A","application":"shop","networks":["192.0.2.0/24"]}`, http.StatusCreated, &made)
		call(t, r, "POST /simshield/v1/access", `{"face":"mss","name":"B","application":"shop","networks":["192.0.2.1/24"]}`, http.StatusBadRequest, nil)
		var list struct{ Access []map[string]any }
		call(t, r, "GET /simshield/v1/access", "", http.StatusOK, &list)
		if len(list.Access) != 1 || list.Access[0]["created_by"] != "operator" || list.Access[0]["secret"] != nil || made["secret"] == "" {
			t.Errorf("%v, %v", list, made)
		}
		call(t, r, "POST /simshield/v1/access/withdraw", `{"face":"mss","name":"A"}`, http.StatusOK, nil)
		call(t, r, "POST /simshield/v1/access/withdraw", `{"face":"mss","name":"A"}`, http.StatusNotFound, nil)
	})
}

// TestClient: an operator on another machine does and sees the same.
func TestClient(t *testing.T) {
	each(t, func(t *testing.T, s *access.Service) {
		r := rpc.NewRouter(rpc.Config{Auth: operator{}})
		s.Mount(r)
		server := httptest.NewServer(r)
		defer server.Close()
		c := access.NewClient(rpc.NewClient(server.URL, server.Client(), "token"))
		a := access.Access{Face: access.MobileID, Name: "DEMO", Application: "shop", Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
		secret, err := c.Make(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if from, err := s.Door(access.MobileID).Authenticate(t.Context(), "DEMO", secret, netip.MustParseAddr("192.0.2.7")); from != "shop" || err != nil {
			t.Errorf("%q, %v", from, err)
		}
		if _, err := c.Make(t.Context(), a); simtrust.ReasonOf(err) != access.ReasonTaken {
			t.Errorf("made again: %v", err)
		}
		if err := c.Withdraw(t.Context(), access.MSS, "DEMO"); simtrust.ReasonOf(err) != access.ReasonUnknown {
			t.Errorf("withdrawn on another face: %v", err)
		}
		if err := c.Withdraw(t.Context(), access.MobileID, "DEMO"); err != nil {
			t.Error(err)
		}
		here, err := s.List(t.Context())
		there, errThere := c.List(t.Context())
		if err != nil || errThere != nil || len(here) != 1 || here[0].Withdrawn.IsZero() {
			t.Fatalf("%+v %v, %+v %v", here, err, there, errThere)
		}
		if diff := cmp.Diff(here, there, cmpopts.EquateApproxTime(0), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	})
}

// operator may do what the test asks.
type operator struct{}

func (operator) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "operator", Scopes: []string{access.ScopeAccess}}, nil
}

func call(t *testing.T, r *rpc.Router, op, body string, status int, into any) {
	t.Helper()
	method, path, _ := strings.Cut(op, " ")
	req := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	req.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	r.ServeHTTP(rec, req)
	if rec.Code != status {
		t.Fatalf("%s: %d %s", op, rec.Code, rec.Body)
	}
	if into != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
}
