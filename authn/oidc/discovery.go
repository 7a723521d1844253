package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"simtrust/account"
)

const (
	pathJWKS       = "/jwks"
	pathAuthorize  = "/authorize"
	pathConsent    = "/authorize/consent"
	pathToken      = "/token"
	pathUserInfo   = "/userinfo"
	pathIntrospect = "/introspect"
	pathRevoke     = "/revoke"
)

// endpoints are the absolute URLs that discovery publishes and assertions name as audience.
type endpoints struct {
	authorization, token, userInfo, jwks, introspection, revocation string
}

func endpointsOf(issuer string) endpoints {
	return endpoints{
		authorization: issuer + pathAuthorize, token: issuer + pathToken, userInfo: issuer + pathUserInfo,
		jwks: issuer + pathJWKS, introspection: issuer + pathIntrospect, revocation: issuer + pathRevoke,
	}
}

// document is a body that never changes, with its strong entity tag.
type document struct {
	body []byte
	etag string
}

// metadata is the document of OpenID Connect Discovery 1.0 §3 and RFC 8414 §2; one document serves both.
type metadata struct {
	Issuer                string   `json:"issuer"`
	Authorization         string   `json:"authorization_endpoint"`
	Token                 string   `json:"token_endpoint"`
	UserInfo              string   `json:"userinfo_endpoint"`
	JWKS                  string   `json:"jwks_uri"`
	Introspection         string   `json:"introspection_endpoint"`
	Revocation            string   `json:"revocation_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	IDTokenAlgs           []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth             []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgs         []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	IntrospectionAuth     []string `json:"introspection_endpoint_auth_methods_supported"`
	IntrospectionAuthAlgs []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAuth        []string `json:"revocation_endpoint_auth_methods_supported"`
	RevocationAuthAlgs    []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	Claims                []string `json:"claims_supported"`
	ACRs                  []string `json:"acr_values_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	UILocales             []string `json:"ui_locales_supported"`
	ResponseIssuer        bool     `json:"authorization_response_iss_parameter_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	RequestParameter      bool     `json:"request_parameter_supported"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
}

func metadataOf(issuer string, e endpoints, scopes []string) document {
	own := []string{ScopeOpenID, ScopePhone, ScopeVerify, ScopeShare}
	all := slices.Compact(slices.Sorted(slices.Values(append(own, scopes...))))
	confidential := []string{account.AuthSecret, account.AuthKey}
	methods := append([]string{account.AuthNone}, confidential...)
	algs := []string{"ES256", "PS256"}
	body, err := json.Marshal(metadata{
		Issuer: issuer, Authorization: e.authorization, Token: e.token, UserInfo: e.userInfo, JWKS: e.jwks,
		Introspection: e.introspection, Revocation: e.revocation, Scopes: all,
		ResponseTypes: []string{"code"}, ResponseModes: []string{"query"},
		GrantTypes: []string{"authorization_code", "client_credentials"}, SubjectTypes: []string{"pairwise"},
		IDTokenAlgs: []string{signingAlg}, TokenAuth: methods, TokenAuthAlgs: algs,
		IntrospectionAuth: confidential, IntrospectionAuthAlgs: algs, RevocationAuth: methods, RevocationAuthAlgs: algs,
		ChallengeMethods: []string{"S256"},
		Claims: []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "phone_number",
			"phone_number_verified"},
		ACRs: []string{acrNetwork}, Prompts: []string{"none", "login", "consent", "select_account"},
		UILocales: []string{"zh-CN", "en"}, ResponseIssuer: true,
	})
	if err != nil {
		panic(err) // text and flags only: cannot fail
	}
	sum := sha256.Sum256(body)
	return document{body, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

func (p *Provider) serveMetadata(w http.ResponseWriter, r *http.Request) {
	servePublic(w, r, p.metadata.body, p.metadata.etag, "application/json")
}

func (p *Provider) serveJWKS(w http.ResponseWriter, r *http.Request) {
	body, etag := p.keys.JWKS()
	servePublic(w, r, body, etag, "application/jwk-set+json")
}

// servePublic answers a document that anybody may keep for a while. A key is published before it signs, so five minutes of age
// do no harm.
func servePublic(w http.ResponseWriter, r *http.Request, body []byte, etag, media string) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", etag)
	h.Set("Access-Control-Allow-Origin", "*")
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", media)
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}

// matches is the weak comparison of RFC 9110 §13.1.2.
func matches(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
