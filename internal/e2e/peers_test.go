//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

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
	redeemed := shop.token(t, f, unused) // first: a code is good for a minute
	after := s.openidClient(t, "shop", job{From: line.ip, Scope: "openid phone", Prompt: "none"})
	if after.Claims.Subject == "" || after.Claims.Subject != before.Claims.Subject {
		t.Errorf("before the kill %+v, after %+v", before, after)
	}
	if redeemed.Status != http.StatusOK {
		t.Errorf("the code from before the kill: %+v", redeemed)
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

// TestOpenIDClientTwoLegged holds the endpoints that openid-client knows beside login: introspection (RFC 7662), revocation (RFC 7009).
func TestOpenIDClientTwoLegged(t *testing.T) {
	s := startSandbox(t)
	var got struct {
		TokenType     string `json:"token_type"`
		ExpiresIn     int    `json:"expires_in"`
		Before, After struct {
			Active   bool   `json:"active"`
			ClientID string `json:"client_id"`
			Scope    string `json:"scope"`
		}
	}
	runPeer(t, "service.mjs", job{Issuer: s.Issuer, Client: s.rawClient(t, "service"), Scope: "number-recycling:check"}, &got)
	if got.TokenType != "bearer" || got.ExpiresIn <= 0 || got.ExpiresIn > 300 { // openid-client writes the type in lower case
		t.Errorf("the token: %+v", got)
	}
	if !got.Before.Active || got.Before.ClientID != s.client("service").ClientID || got.Before.Scope != "number-recycling:check" {
		t.Errorf("introspected: %+v", got.Before)
	}
	if got.After.Active || got.After.Scope != "" {
		t.Errorf("revoked: %+v", got.After)
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
