package oidc_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/authn/oidc"
	"simtrust/internal/sqldb"
)

const (
	refusedClient = "Unauthorized invalid_client"
	refusedCode   = "Bad Request invalid_grant"
	badRequest    = "Bad Request invalid_request"
)

// A code that is presented wrongly is refused and stays good for the client it was issued to.
func TestCodeAttacks(t *testing.T) {
	w := onSQLite(t)
	web := w.basic("web")
	for name, test := range map[string]struct {
		changes []string
		header  []string
		want    string
	}{
		"for another client":    {[]string{"client_assertion", "", "client_assertion_type", ""}, web, refusedCode},
		"as a public client":    {[]string{"client_assertion", "", "client_assertion_type", "", "client_id", "shop"}, nil, refusedCode},
		"unknown code":          {[]string{"code", "00000000000000000000000000.x"}, nil, refusedCode},
		"code of other form":    {[]string{"code", "abc"}, nil, refusedCode},
		"huge code":             {[]string{"code", strings.Repeat("c", 4000)}, nil, refusedCode},
		"no code":               {[]string{"code", ""}, nil, badRequest},
		"other redirect_uri":    {[]string{"redirect_uri", callback + "/"}, nil, refusedCode},
		"no redirect_uri":       {[]string{"redirect_uri", ""}, nil, badRequest},
		"no verifier":           {[]string{"code_verifier", ""}, nil, refusedCode},
		"wrong verifier":        {[]string{"code_verifier", strings.Repeat("v", 43)}, nil, refusedCode},
		"challenge as verifier": {[]string{"code_verifier", challenge(verifier)}, nil, refusedCode},
		"short verifier":        {[]string{"code_verifier", "v"}, nil, refusedCode},
		"no grant_type":         {[]string{"grant_type", ""}, nil, badRequest},
		"password grant":        {[]string{"grant_type", "password"}, nil, "Bad Request unsupported_grant_type"},
		"refresh grant":         {[]string{"grant_type", "refresh_token"}, nil, "Bad Request unsupported_grant_type"},
	} {
		w.run(t, name, func(t *testing.T) {
			code := w.code()
			form := w.exchange(code, test.changes...)
			if got := w.post("/token", form, test.header...).oauthError(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			w.tokens(w.post("/token", w.exchange(code)))
		})
	}
	w.run(t, "altered secret", func(t *testing.T) {
		code := w.code()
		if got := w.post("/token", w.exchange(code[:len(code)-1]+"_")).oauthError(); got != refusedCode {
			t.Error(got)
		}
		w.tokens(w.post("/token", w.exchange(code)))
	})
	w.run(t, "expired", func(t *testing.T) {
		code := w.code()
		w.now.advance(60 * time.Second)
		if got := w.post("/token", w.exchange(code)).oauthError(); got != refusedCode {
			t.Error(got)
		}
	})
	w.run(t, "form malformed", func(t *testing.T) {
		for _, body := range []string{"grant_type=authorization_code&grant_type=authorization_code", "grant_type=%zz", "grant_type=a%00b", "code=%ff"} {
			if got := w.do(w.request(http.MethodPost, "/token", body)).oauthError(); got != badRequest {
				t.Errorf("%s: %s", body, got)
			}
		}
		req := w.request(http.MethodPost, "/token", `{"grant_type":"client_credentials"}`)
		req.Header.Set("Content-Type", "application/json")
		if got := w.do(req).oauthError(); got != badRequest {
			t.Errorf("JSON: %s", got)
		}
		if res := w.do(w.request(http.MethodPost, "/token", strings.Repeat("a", 70<<10))); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("oversized: %d", res.StatusCode)
		}
		if res := w.do(w.request(http.MethodGet, "/token?"+w.exchange("x").Encode(), "")); res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("GET: %d", res.StatusCode)
		}
	})
}

// A confidential client that relied on its nonce must not send a verifier: somebody removed the challenge on the way.
func TestCodeWithoutChallenge(t *testing.T) {
	w := onSQLite(t)
	web := w.basic("web")
	bare := []string{"client_id", "web", "scope", "openid", "code_challenge", "", "code_challenge_method", ""}
	w.must(w.accounts.Consent(t.Context(), consentTo(w, "web", "openid")))
	form := url.Values{"grant_type": {"authorization_code"}, "code": {w.code(bare...)}, "redirect_uri": {callback}}
	form.Set("code_verifier", verifier)
	if got := w.post("/token", form, web...).oauthError(); got != refusedCode {
		t.Error(got)
	}
	form.Del("code_verifier")
	w.tokens(w.post("/token", form, web...))
}

// A code that comes back from its own client revokes everything that was issued on it, whenever that is.
func TestCodeReplayRevokes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.login()
		for name, wait := range map[string]time.Duration{"at once": 0, "after 90 s": 90 * time.Second} {
			form := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {"shop"}}
			form.Set("code", w.code("client_id", "shop", "scope", "openid phone"))
			token := w.tokens(w.post("/token", form)).Access
			if res := w.userInfo(token); res.StatusCode != http.StatusOK {
				t.Fatalf("%s: before: %d", name, res.StatusCode)
			}
			w.now.advance(wait)
			if got := w.post("/token", form).oauthError(); got != refusedCode {
				t.Errorf("%s: replay: %s", name, got)
			}
			if res := w.userInfo(token); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s: the token outlived the replay: %d", name, res.StatusCode)
			}
		}
	})
}

// A stranger who has seen a used code cannot have its tokens revoked.
func TestStrangersReplayRevokesNothing(t *testing.T) {
	w := onSQLite(t)
	code := w.code()
	token := w.tokens(w.post("/token", w.exchange(code))).Access
	w.post("/token", w.exchange(code, "code_verifier", strings.Repeat("v", 43)))
	w.post("/token", w.exchange(code, "client_assertion", "", "client_assertion_type", "", "client_id", "shop"))
	if res := w.share(token); res.StatusCode != http.StatusOK {
		t.Errorf("%d %s", res.StatusCode, res.body)
	}
}

func (w *world) userInfo(token string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, "/userinfo", "", "Authorization", "Bearer "+token))
}

// A code is redeemed once however many try together, on however many nodes over one store.
func TestRedeemOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		second := w.node()
		code := w.code()
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 64 {
			req := w.request(http.MethodPost, "/token", w.exchange(code).Encode())
			handler := []http.Handler{w.handler, second}[i%2]
			all.Go(func() {
				switch res := serve(handler, req); {
				case res.StatusCode == http.StatusOK:
					won.Add(1)
				case res.oauthError() != refusedCode:
					t.Errorf("%d %s", res.StatusCode, res.body)
				}
			})
		}
		all.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d successes", n)
		}
	})
}

// Nothing is forgotten by a restart: neither a code that was used nor one that was not.
func TestCodesSurviveARestart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		used, unused := w.code(), w.code()
		w.tokens(w.post("/token", w.exchange(used)))
		w.provider.Close()
		restarted := w.node()
		for code, want := range map[string]int{used: http.StatusBadRequest, unused: http.StatusOK} {
			if res := serve(restarted, w.request(http.MethodPost, "/token", w.exchange(code).Encode())); res.StatusCode != want {
				t.Errorf("%d %s, want %d", res.StatusCode, res.body, want)
			}
		}
	})
}

// A write that does not come back in time has an unknown outcome. That is never told as success, and the code still leads to one
// success at most.
func TestUnknownOutcomeIsNoSuccess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code, token := w.code(), w.verification()
		release := w.lockGrants()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		redeem := w.request(http.MethodPost, "/token", w.exchange(code).Encode()).WithContext(ctx)
		if got := serve(w.handler, redeem).oauthError(); got != "Service Unavailable temporarily_unavailable" {
			t.Errorf("redeem: %s", got)
		}
		spend := w.request(http.MethodGet, pathShare, "", "Authorization", "Bearer "+token).WithContext(ctx)
		if res := serve(w.handler, spend); res.StatusCode < http.StatusInternalServerError || strings.Contains(res.body, number) {
			t.Errorf("spend: %d %s", res.StatusCode, res.body)
		}
		release()
		won := 0
		for range 3 {
			if w.post("/token", w.exchange(code)).StatusCode == http.StatusOK {
				won++
			}
		}
		if won > 1 {
			t.Errorf("%d successes afterwards", won)
		}
	})
}

// lockGrants keeps every change of a grant waiting until release.
func (w *world) lockGrants() (release func()) {
	w.t.Helper()
	locked, unlock, done := make(chan struct{}), make(chan struct{}), make(chan error)
	var once sync.Once
	go func() {
		done <- w.db.InTx(context.Background(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(context.Background(), "update oidc_grants set session = session")
			once.Do(func() { close(locked) })
			<-unlock
			return err
		})
	}()
	<-locked
	return func() {
		close(unlock)
		w.must(<-done)
	}
}

// A provider that is shutting down succeeds in nothing, and says to try again.
func TestClosedProvider(t *testing.T) {
	w := onSQLite(t)
	code, token := w.code(), w.verification()
	form := w.exchange(code)
	w.provider.Close()
	if got := w.post("/token", form).oauthError(); got != "Service Unavailable temporarily_unavailable" {
		t.Errorf("token: %s", got)
	}
	if got := w.share(token).camaraError(); got != "Service Unavailable UNAVAILABLE" {
		t.Errorf("use: %s", got)
	}
	if back := w.authorize().answer(t); back.Get("error") != "temporarily_unavailable" {
		t.Errorf("authorize: %v", back)
	}
}

func TestClientCredentials(t *testing.T) {
	w := onSQLite(t)
	ask := url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}
	got := w.tokens(w.post("/token", ask, w.basic("service")...))
	if got.Expires != 300 || got.Scope != "number-recycling:check" || got.ID != "" {
		t.Errorf("%+v", got)
	}
	for name, test := range map[string]struct {
		scope string
		auth  []string
		want  string
	}{
		"no scope":          {"", w.basic("service"), "Bad Request invalid_scope"},
		"user scope":        {"openid", w.basic("service"), "Bad Request invalid_scope"},
		"unregistered":      {"number:feed", w.basic("service"), "Bad Request invalid_scope"},
		"verification":      {oidc.ScopeVerify, w.basic("web"), "Bad Request invalid_scope"},
		"introspection":     {oidc.ScopeIntrospect, w.basic("inspector"), "Bad Request invalid_scope"},
		"purpose alone":     {purpose, w.basic("web"), "Bad Request invalid_scope"},
		"no authentication": {"number-recycling:check", nil, refusedClient},
	} {
		w.run(t, name, func(t *testing.T) {
			if got := w.post("/token", changed(url.Values{"grant_type": {"client_credentials"}}, "scope", test.scope), test.auth...).oauthError(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
	w.run(t, "public client", func(t *testing.T) {
		if got := w.post("/token", changed(ask, "client_id", "shop")).oauthError(); got != "Bad Request unauthorized_client" {
			t.Error(got)
		}
	})
}
