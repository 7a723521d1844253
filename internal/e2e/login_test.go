//go:build e2e

package e2e

import (
	"net/http"
	"testing"
)

// TestVerifyFromAPhone is the main job: a number proven by the data session, with nothing but HTTP.
func TestVerifyFromAPhone(t *testing.T) {
	s := startSandbox(t)
	camara, me, other := s.app("camara"), s.Subscribers[1], s.Subscribers[2]
	f := newFlow(camara.RedirectURIs[0])
	code := camara.authorize(t, phone(me.IP), f, verifyScope).Get("code")
	token := camara.token(t, f, code)
	if token.Status != http.StatusOK || token.ExpiresIn > 300 || token.TokenType != "Bearer" {
		t.Fatalf("token: %+v", token)
	}
	if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusOK || got.Verified == nil || !*got.Verified {
		t.Fatalf("verify: %+v", got)
	}
	if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusUnauthorized || got.Code != "UNAUTHENTICATED" {
		t.Errorf("the token was accepted twice: %+v", got)
	}
	if got := camara.token(t, f, code); got.Status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("the code was accepted twice: %+v", got)
	}

	f = newFlow(camara.RedirectURIs[0])
	token = camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
	if got := camara.verify(t, token.AccessToken, other.Number); got.Status != http.StatusOK || got.Verified == nil || *got.Verified {
		t.Errorf("another number was verified: %+v", got)
	}
}

// TestReRegistration is the heart: the number goes to somebody else and everything of the first holder stops, at once.
func TestReRegistration(t *testing.T) {
	s := startSandbox(t)
	camara, me := s.app("camara"), s.Subscribers[1]
	login := func(ip string) (answer, string) {
		f := newFlow(camara.RedirectURIs[0])
		token := camara.token(t, f, camara.authorize(t, phone(ip), f, verifyScope).Get("code"))
		sub, _ := claims(t, token.IDToken)["sub"].(string)
		return token, sub
	}
	_, first := login(me.IP)
	unspent, again := login(me.IP)
	if first == "" || first != again {
		t.Fatalf("the same holder is %q, then %q", first, again)
	}
	f := newFlow(camara.RedirectURIs[0])
	code := camara.authorize(t, phone(me.IP), f, verifyScope).Get("code")

	s.operator(t, me.Number, "release", "")
	if got := camara.authorize(t, phone(me.IP), newFlow(camara.RedirectURIs[0]), verifyScope); got.Get("error") != "access_denied" {
		t.Errorf("a released number still logs in: %v", got)
	}
	now := s.operator(t, me.Number, "assign", "")
	if now.Tenure == me.Tenure || now.IMSI == me.IMSI {
		t.Fatalf("assign answered %+v", now)
	}
	if got := camara.verify(t, unspent.AccessToken, me.Number); got.Status != http.StatusUnauthorized {
		t.Errorf("the first holder's token still works: %+v", got)
	}
	if got := camara.token(t, f, code); got.Error != "invalid_grant" {
		t.Errorf("the first holder's code still works: %+v", got)
	}
	_, second := login(me.IP)
	if second == "" || second == first {
		t.Errorf("the new holder got the sub of the old one")
	}
	got, err := camara.api(http.MethodPost, "/number-recycling/v0.2/check", s.serviceToken(t), `{"phoneNumber":"`+me.Number+`","specifiedDate":"2024-01-01"}`)
	if err != nil || got.Recycled == nil || !*got.Recycled {
		t.Errorf("the number counts as not recycled: %+v %v", got, err)
	}
}

// TestSIMChangeKillsOutstandingTokens: the token was for the SIM that is gone.
func TestSIMChangeKillsOutstandingTokens(t *testing.T) {
	s := startSandbox(t)
	camara, me := s.app("camara"), s.Subscribers[1]
	f := newFlow(camara.RedirectURIs[0])
	token := camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
	s.operator(t, me.Number, "new-sim", "")
	if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusUnauthorized {
		t.Errorf("the token outlived its SIM: %+v", got)
	}
	f = newFlow(camara.RedirectURIs[0])
	token = camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
	if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusOK {
		t.Errorf("the new SIM does not log in: %+v", got)
	}
}

// TestWiFiIsNoProof: an address without a session logs nobody in, loopback included.
func TestWiFiIsNoProof(t *testing.T) {
	s := startSandbox(t)
	camara := s.app("camara")
	for _, ip := range []string{"127.9.9.9", "127.0.0.2"} {
		if got := camara.authorize(t, phone(ip), newFlow(camara.RedirectURIs[0]), verifyScope); got.Get("error") != "access_denied" {
			t.Errorf("%s: %v", ip, got)
		}
	}
	s.operator(t, s.Subscribers[0].Number, "detach", "")
	for _, ip := range []string{"127.0.0.1", s.Subscribers[0].IP} {
		if got := camara.authorize(t, phone(ip), newFlow(camara.RedirectURIs[0]), verifyScope); got.Get("error") != "access_denied" {
			t.Errorf("%s after detach: %v", ip, got)
		}
	}
}

// serviceToken is a 2-legged token of the service client.
func (s *sandbox) serviceToken(t testing.TB) string {
	t.Helper()
	got, err := s.app("service").post("/token", map[string][]string{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}})
	if err != nil || got.AccessToken == "" {
		t.Fatalf("client_credentials: %+v %v", got, err)
	}
	return got.AccessToken
}
