//go:build e2e

package e2e

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

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
		back := me.login(t, request, conf.RedirectURL, "allow")
		for try := 0; back.Get("error") == unavailable && try < triesAgain; try++ {
			<-time.After(triesAfter)
			back = me.login(t, request, conf.RedirectURL, "allow")
		}
		return back
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
