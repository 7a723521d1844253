//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// job and outcome are the two ends of testdata/peer/login.mjs.
type job struct {
	Issuer string          `json:"issuer"`
	Client json.RawMessage `json:"client"`
	From   string          `json:"from"`
	Scope  string          `json:"scope"`
	Prompt string          `json:"prompt,omitempty"`
	Press  string          `json:"press,omitempty"`
	Number string          `json:"number,omitempty"`
	Resume json.RawMessage `json:"resume,omitempty"`
}

type outcome struct {
	Login       json.RawMessage `json:"login"`
	Audience    any             `json:"audience"`
	AccessToken string          `json:"access_token"`
	Claims      struct {
		Subject string   `json:"sub"`
		AMR     []string `json:"amr"`
	} `json:"claims"`
	UserInfo struct {
		PhoneNumber string `json:"phone_number"`
	} `json:"userinfo"`
	Verify struct {
		Matches *bool `json:"devicePhoneNumberVerified"`
	} `json:"verify"`
	Pages  int    `json:"pages"`
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// openidClient runs one login by npm's openid-client, with the client as it stands in sandbox.json.
func (s *sandbox) openidClient(t *testing.T, name string, j job) outcome {
	t.Helper()
	j.Issuer, j.Client = s.Issuer, s.rawClient(t, name)
	if _, err := os.Stat("testdata/peer/node_modules"); err != nil {
		t.Fatalf("%v: scripts/setup installs openid-client", err)
	}
	in, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", "testdata/peer/login.mjs")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &complaint
	if err := cmd.Run(); err != nil {
		t.Fatalf("openid-client: %v\n%s", err, &complaint)
	}
	var o outcome
	if err := json.Unmarshal(out.Bytes(), &o); err != nil {
		t.Fatalf("%v in %s", err, &out)
	}
	return o
}

func (s *sandbox) rawClient(t *testing.T, name string) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Clients []json.RawMessage `json:"clients"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all.Clients {
		var c client
		if json.Unmarshal(raw, &c) == nil && c.Name == name {
			return raw
		}
	}
	t.Fatalf("the sandbox has no client %s", name)
	return nil
}

// TestOpenIDClient logs in through a session that radclient announced, with a client of every profile.
func TestOpenIDClient(t *testing.T) {
	s := startSandbox(t)
	me := s.Subscribers[3]
	line := s.gateway(t).attach(t, me, "127.1.200.1")

	t.Run("camara verifies the number without a page", func(t *testing.T) {
		got := s.openidClient(t, "camara", job{From: line.ip, Scope: verifyScope, Number: me.Number})
		if got.Verify.Matches == nil || !*got.Verify.Matches || got.Pages != 0 || got.Audience != s.Issuer {
			t.Errorf("%+v", got)
		}
		other := s.openidClient(t, "camara", job{From: line.ip, Scope: verifyScope, Number: s.Subscribers[4].Number})
		if other.Verify.Matches == nil || *other.Verify.Matches || other.Claims.Subject != got.Claims.Subject {
			t.Errorf("another number: %+v", other)
		}
	})
	for _, c := range []struct {
		client   string
		audience any
	}{{"shop", nil}, {"bank", s.Issuer}} {
		t.Run(c.client+" asks once", func(t *testing.T) {
			ask := job{From: line.ip, Scope: "openid phone"}
			ask.Press = "deny"
			if got := s.openidClient(t, c.client, ask); got.Error != "access_denied" || got.Pages != 1 {
				t.Errorf("denied: %+v", got)
			}
			ask.Press, ask.Prompt = "", "none"
			if got := s.openidClient(t, c.client, ask); got.Error != "consent_required" {
				t.Errorf("without a page, without consent: %+v", got)
			}
			ask.Prompt = ""
			first := s.openidClient(t, c.client, ask)
			if first.Pages != 1 || first.UserInfo.PhoneNumber != me.Number || first.Audience != c.audience {
				t.Errorf("first login: %+v", first)
			}
			ask.Prompt = "none"
			second := s.openidClient(t, c.client, ask)
			if second.Pages != 0 || second.Claims.Subject == "" || second.Claims.Subject != first.Claims.Subject {
				t.Errorf("second login: %+v, first %+v", second, first)
			}
		})
	}
}

// TestOpenIDClientAfterDetach holds the exact error of every profile once the gateway has said Stop.
func TestOpenIDClientAfterDetach(t *testing.T) {
	s := startSandbox(t)
	line := s.gateway(t).attach(t, s.Subscribers[3], "127.1.200.2")
	verify, login := job{From: line.ip, Scope: verifyScope}, job{From: line.ip, Scope: "openid phone"}
	verify.Number = line.of.Number
	silent := login
	silent.Prompt = "none"
	if got := s.openidClient(t, "camara", verify); got.Error != "" {
		t.Fatalf("attached: %+v", got)
	}
	if got := s.openidClient(t, "shop", login); got.Error != "" {
		t.Fatalf("attached: %+v", got)
	}
	line.detach(t)
	for _, c := range []struct {
		client string
		job    job
		want   string
	}{
		{"camara", verify, "access_denied"}, {"shop", silent, "login_required"}, {"bank", silent, "login_required"},
	} {
		if got := s.openidClient(t, c.client, c.job); got.Error != c.want {
			t.Errorf("%s: %+v, want %s", c.client, got, c.want)
		}
	}
	res, err := phone(line.ip).Get(s.app("shop").authorizeURL(newFlow(s.client("shop").RedirectURIs[0]), "openid phone"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("where a page may be shown: %s", res.Status)
	}

	again := s.gateway(t).attach(t, line.of, line.ip)
	if got := s.openidClient(t, "shop", silent); got.Claims.Subject == "" {
		t.Errorf("attached again: %+v", got)
	}
	line.send(t, "Stop") // a late one, of the session that is gone
	if got := s.openidClient(t, "shop", silent); got.Claims.Subject == "" {
		t.Errorf("after a late Stop of the first session: %+v", got)
	}
	again.detach(t)
}

// TestOpenIDClientAfterReRegistration gives the number to somebody else: other sub, and what the first holder left behind is dead.
func TestOpenIDClientAfterReRegistration(t *testing.T) {
	s := startSandbox(t)
	me, shop := s.Subscribers[3], s.app("shop")
	radius := s.gateway(t)
	line := radius.attach(t, me, "127.1.200.3")
	login := job{From: line.ip, Scope: "openid phone"}
	first := s.openidClient(t, "shop", login)
	if first.Claims.Subject == "" {
		t.Fatalf("%+v", first)
	}
	f := newFlow(shop.RedirectURIs[1])
	code := shop.authorize(t, phone(line.ip), f, "openid phone").Get("code")

	s.operator(t, me.Number, "release", "")
	if got := s.openidClient(t, "shop", job{From: line.ip, Scope: "openid phone", Prompt: "none"}); got.Error != "login_required" {
		t.Errorf("nobody holds the number: %+v", got)
	}
	next := s.operator(t, me.Number, "assign", "")
	if got := s.openidClient(t, "shop", job{From: line.ip, Scope: "openid phone", Prompt: "none"}); got.Error != "login_required" {
		t.Errorf("the first holder's session: %+v", got)
	}
	radius.attach(t, next, line.ip)
	second := s.openidClient(t, "shop", login)
	if second.Pages != 1 || second.Claims.Subject == "" || second.Claims.Subject == first.Claims.Subject {
		t.Errorf("the new holder: %+v, the first: %+v", second, first)
	}
	if status := shop.userinfo(t, first.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("the first holder's token: %d", status)
	}
	if status := shop.userinfo(t, second.AccessToken); status != http.StatusOK {
		t.Errorf("the new holder's token: %d", status)
	}
	if got := shop.token(t, f, code); got.Error != "invalid_grant" {
		t.Errorf("the first holder's code: %+v", got)
	}
}

// TestOpenIDClientAfterKill kills the server between logins: what it has acknowledged is still so.
func TestOpenIDClientAfterKill(t *testing.T) {
	s := startSandbox(t)
	line := s.gateway(t).attach(t, s.Subscribers[3], "127.1.200.4")
	shop, login := s.app("shop"), job{From: line.ip, Scope: "openid phone"}
	before := s.openidClient(t, "shop", login)
	f := newFlow(shop.RedirectURIs[1])
	unused := shop.authorize(t, phone(line.ip), f, "openid phone").Get("code")

	s.kill()
	s.start(t)
	after := s.openidClient(t, "shop", job{From: line.ip, Scope: "openid phone", Prompt: "none"})
	if after.Claims.Subject == "" || after.Claims.Subject != before.Claims.Subject {
		t.Errorf("before the kill %+v, after %+v", before, after)
	}
	if got := shop.token(t, f, unused); got.Status != http.StatusOK {
		t.Errorf("the code from before the kill: %+v", got)
	}
	if status := shop.userinfo(t, before.AccessToken); status != http.StatusOK {
		t.Errorf("the token from before the kill: %d", status)
	}
	login.Resume = before.Login
	if got := s.openidClient(t, "shop", login); got.Error != "invalid_grant" || got.Status != http.StatusBadRequest {
		t.Errorf("the code used before the kill: %+v", got)
	}
	if status := shop.userinfo(t, before.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("its token, after the code came twice: %d", status)
	}
}

func (a app) userinfo(t *testing.T, token string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.issuer+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := a.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestGoOIDC does with x/oauth2 and go-oidc what TestOpenIDClient does with openid-client.
func TestGoOIDC(t *testing.T) {
	s := startSandbox(t)
	line := s.gateway(t).attach(t, s.Subscribers[3], "127.1.200.5")
	provider, err := oidc.NewProvider(t.Context(), s.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	c := s.client("shop")
	conf := oauth2.Config{ClientID: c.ClientID, Endpoint: provider.Endpoint(), RedirectURL: c.RedirectURIs[1], Scopes: []string{oidc.ScopeOpenID, "phone"}}
	conf.Endpoint.AuthStyle = oauth2.AuthStyleInParams

	me := personAt(t, line.ip)
	verifier, nonce, state := oauth2.GenerateVerifier(), random(), random()
	ask := func(more ...oauth2.AuthCodeOption) url.Values {
		request := conf.AuthCodeURL(state, append(more, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))...)
		return me.login(t, request, conf.RedirectURL, "allow")
	}
	back := ask()
	if back.Get("state") != state || back.Get("iss") != s.Issuer {
		t.Fatalf("%v", back)
	}
	token, err := conf.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: c.ClientID, SupportedSigningAlgs: []string{oidc.ES256}}).Verify(t.Context(), raw)
	if err != nil || id.Nonce != nonce {
		t.Fatalf("ID token: %v, nonce %v", err, id)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject {
		t.Errorf("userinfo: %+v %v", info, err)
	}

	_, err = conf.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != "invalid_grant" {
		t.Errorf("the code again: %v", err)
	}
	line.detach(t)
	if got := ask(oauth2.SetAuthURLParam("prompt", "none")); got.Get("error") != "login_required" {
		t.Errorf("detached: %v", got)
	}
}
