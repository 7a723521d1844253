package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func (w *world) introspect(token string, auth ...string) map[string]any {
	w.t.Helper()
	res := w.post("/introspect", url.Values{"token": {token}}, auth...)
	var out map[string]any
	if err := json.Unmarshal([]byte(res.body), &out); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("introspect: %d %s", res.StatusCode, res.body)
	}
	return out
}

func (w *world) serviceToken() string {
	w.t.Helper()
	return w.tokens(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, w.basic("service")...)).Access
}

func TestIntrospection(t *testing.T) {
	w := onSQLite(t)
	token := w.serviceToken()
	for _, client := range []string{"service", "inspector"} {
		got := w.introspect(token, w.basic(client)...)
		if got["active"] != true || got["client_id"] != "service" || got["scope"] != "number-recycling:check" || got["iss"] != w.issuer || got["token_type"] != "Bearer" || got["auth_time"] != nil {
			t.Errorf("%s: %v", client, got)
		}
	}
	verification := w.verification()
	if got := w.introspect(verification, w.basic("inspector")...); got["active"] != true || got["acr"] != "2" || got["gid"] != nil || got["tenure"] != nil {
		t.Errorf("3-legged: %v", got)
	}
	if res := w.share(verification); res.StatusCode != http.StatusOK {
		t.Errorf("introspection spent the token: %d", res.StatusCode)
	}
	for name, got := range map[string]map[string]any{
		"of another client": w.introspect(token, w.basic("web")...),
		"spent":             w.introspect(verification, w.basic("inspector")...),
		"ID token":          w.introspect(w.login().ID, w.basic("inspector")...),
		"unknown":           w.introspect("x", w.basic("inspector")...),
	} {
		if got["active"] != false || len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
	w.now.advance(300 * time.Second)
	if got := w.introspect(token, w.basic("service")...); got["active"] != false || len(got) != 1 {
		t.Errorf("expired: %v", got)
	}
	for name, test := range map[string]struct {
		form url.Values
		auth []string
		want string
	}{
		"public client":     {url.Values{"token": {token}, "client_id": {"shop"}}, nil, refusedClient},
		"no authentication": {url.Values{"token": {token}}, nil, refusedClient},
		"no token":          {url.Values{}, w.basic("service"), badRequest},
		"token twice":       {url.Values{"token": {token, token}}, w.basic("service"), badRequest},
	} {
		if got := w.post("/introspect", test.form, test.auth...).oauthError(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestRevocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		service, user := w.serviceToken(), w.login().Access
		revoke := func(token, want string, form url.Values, auth ...string) {
			t.Helper()
			form.Set("token", token)
			form.Set("token_type_hint", "access_token")
			if got := w.post("/revoke", form, auth...).oauthError(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		shop := url.Values{"client_id": {"shop"}}
		revoke(service, "Bad Request unauthorized_client", shop)
		revoke(user, "Bad Request unauthorized_client", url.Values{}, w.basic("service")...)
		revoke(user, refusedClient, url.Values{})
		if got := w.introspect(service, w.basic("service")...); got["active"] != true {
			t.Errorf("before: %v", got)
		}
		if res := w.userInfo(user); res.StatusCode != http.StatusOK {
			t.Errorf("before: %d", res.StatusCode)
		}
		for range 2 { // a second time is no error
			revoke(service, "OK ", url.Values{}, w.basic("service")...)
			revoke(user, "OK ", shop)
		}
		revoke("unknown", "OK ", shop)
		if got := w.introspect(service, w.basic("service")...); got["active"] != false {
			t.Errorf("after: %v", got)
		}
		if res := w.userInfo(user); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("after: %d", res.StatusCode)
		}
	})
}

// Sweeping takes away what has expired and nothing else.
func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rows := func(table string) (n int) {
			w.must(w.db.QueryRow(t.Context(), "select count(*) from "+table).Scan(&n))
			return n
		}
		old := w.exchange(w.code())
		w.tokens(w.post("/token", old))
		w.consentPage()
		w.now.advance(15 * time.Minute)
		code := w.code()
		w.must(w.provider.Sweep(t.Context()))
		for table, want := range map[string]int{"oidc_grants": 1, "oidc_burnt": 0, "oidc_prompts": 0} {
			if got := rows(table); got != want {
				t.Errorf("%s: %d rows, want %d", table, got, want)
			}
		}
		w.tokens(w.post("/token", w.exchange(code)))
		if got := w.post("/token", old).oauthError(); got != refusedClient {
			t.Errorf("an old request: %s", got)
		}
	})
}
