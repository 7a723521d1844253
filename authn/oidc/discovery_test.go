package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"simtrust/authn/oidc"
	"simtrust/internal/keys"
)

func TestDiscovery(t *testing.T) {
	w := onSQLite(t)
	first, second := w.get("/.well-known/openid-configuration"), w.get("/.well-known/oauth-authorization-server")
	if first.StatusCode != http.StatusOK || first.body != second.body || first.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v\n%s\n%s", first.StatusCode, first.Header, first.body, second.body)
	}
	var doc map[string]any
	w.must(json.Unmarshal([]byte(first.body), &doc))
	for member, want := range map[string]any{
		"issuer": w.issuer, "authorization_endpoint": w.issuer + "/authorize", "token_endpoint": w.issuer + "/token",
		"jwks_uri": w.issuer + "/jwks", "request_parameter_supported": false, "request_uri_parameter_supported": false,
		"claims_parameter_supported": false, "authorization_response_iss_parameter_supported": true,
	} {
		if doc[member] != want {
			t.Errorf("%s: %v, want %v", member, doc[member], want)
		}
	}
	for member, want := range map[string][]any{
		"code_challenge_methods_supported": {"S256"}, "response_types_supported": {"code"}, "subject_types_supported": {"pairwise"},
		"id_token_signing_alg_values_supported": {"ES256"}, "grant_types_supported": {"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": {"none", "client_secret_basic", "private_key_jwt"},
	} {
		if got, _ := doc[member].([]any); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", member, got, want)
		}
	}
	for _, absent := range []string{"pushed_authorization_request_endpoint", "registration_endpoint", "end_session_endpoint"} {
		if _, ok := doc[absent]; ok {
			t.Errorf("%s is published", absent)
		}
	}
}

func TestPublicDocumentsAreCached(t *testing.T) {
	w := onSQLite(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		res := w.get(path)
		etag := res.Header.Get("ETag")
		if etag == "" || res.Header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("%s: %v", path, res.Header)
		}
		for header, want := range map[string]int{
			etag: http.StatusNotModified, "W/" + etag: http.StatusNotModified, `"x", ` + etag: http.StatusNotModified, "*": http.StatusNotModified,
			`"x"`: http.StatusOK, "": http.StatusOK,
		} {
			if res := w.get(path, "If-None-Match", header); res.StatusCode != want || want == http.StatusNotModified && res.body != "" {
				t.Errorf("%s with %q: %d %q", path, header, res.StatusCode, res.body)
			}
		}
	}
}

// An independent client finds its way by discovery and believes the ID token, also after the keys were rotated.
func TestIndependentClient(t *testing.T) {
	w := onSQLite(t)
	ctx := goidc.ClientContext(t.Context(), w.http)
	provider, err := goidc.NewProvider(ctx, w.issuer)
	w.must(err)
	client := oauth2.Config{ClientID: "shop", RedirectURL: callback, Endpoint: provider.Endpoint(), Scopes: []string{"openid", "phone"}}
	w.login()
	for range 2 {
		ask, err := url.Parse(client.AuthCodeURL("st-2", oauth2.S256ChallengeOption(verifier), goidc.Nonce("no-2")))
		w.must(err)
		back := w.get(ask.RequestURI()).answer(t)
		token, err := client.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(verifier))
		w.must(err)
		raw, _ := token.Extra("id_token").(string)
		id, err := provider.VerifierContext(ctx, &goidc.Config{ClientID: "shop", Now: w.now.Now}).Verify(ctx, raw)
		w.must(err)
		w.must(id.VerifyAccessToken(token.AccessToken))
		var claims struct {
			ACR   string   `json:"acr"`
			AMR   []string `json:"amr"`
			Phone string   `json:"phone_number"`
		}
		w.must(id.Claims(&claims))
		if id.Nonce != "no-2" || claims.ACR != "2" || !slices.Equal(claims.AMR, []string{"nba", "radius"}) || claims.Phone != number {
			t.Errorf("%+v %+v", id, claims)
		}
		info, err := provider.UserInfo(ctx, client.TokenSource(ctx, token))
		w.must(err)
		if info.Subject != id.Subject {
			t.Errorf("userinfo is about %s, the ID token about %s", info.Subject, id.Subject)
		}
		w.must(w.keys.Rotate(t.Context()))
	}
}

func TestTokensOutliveARotation(t *testing.T) {
	w := onSQLite(t)
	token := w.verification()
	w.must(w.keys.Rotate(t.Context()))
	if res := w.share(token); res.StatusCode != http.StatusOK {
		t.Errorf("%d %s", res.StatusCode, res.body)
	}
}

func TestIssuerMustBeAnOrigin(t *testing.T) {
	for _, issuer := range []string{
		"", "id.example", "http://id.example", "https://id.example/", "https://id.example/path", "https://ID.example:443?x", "ftp://127.0.0.1",
		"https://user@id.example", "http://10.0.0.1:8080", "https://id.example#x",
	} {
		if _, err := oidc.New(oidc.Deps{}, oidc.Config{Issuer: issuer}); err == nil {
			t.Errorf("%q was accepted", issuer)
		}
	}
}

var _ oidc.Keys = (*keys.Ring)(nil)
