package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// Whatever is sent as an assertion, no token comes out that its key did not sign, and nothing breaks.
func FuzzAssertion(f *testing.F) {
	w := onSQLite(f)
	good := camaraKey.assertion(w, "camara")
	parts := strings.Split(good, ".")
	claims := jwt.MapClaims{"iss": "camara", "sub": "camara", "aud": w.issuer, "jti": "f", "exp": w.now.Now().Unix() + 60}
	f.Add(parts[0], parts[1], parts[2])
	for _, token := range []string{
		camaraKey.sign(jwt.SigningMethodNone, claims, jwt.UnsafeAllowNoneSignatureType, nil),
		camaraKey.sign(jwt.SigningMethodHS256, claims, []byte{}, nil),
		otherKey.assertion(w, "camara"), bankKey.assertion(w, "camara"),
		camaraKey.raw(`{"iss":"camara","sub":"camara","aud":["` + w.issuer + `"],"exp":1e400}`),
	} {
		p := strings.Split(token, ".")
		f.Add(p[0], p[1], p[2])
	}
	f.Fuzz(func(t *testing.T, header, payload, signature string) {
		assertion := header + "." + payload + "." + signature
		res := serve(w.handler, formRequest("/token", asserted(assertion).Encode()))
		switch {
		case res.StatusCode == http.StatusOK && assertion == good:
		case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusBadRequest:
		default:
			t.Errorf("%d %s", res.StatusCode, res.body)
		}
	})
}

// Whatever is asked, the browser is sent nowhere but to the registered redirect URI, with headers of one line.
func FuzzAuthorize(f *testing.F) {
	w := onSQLite(f)
	f.Add(authorization().Encode())
	for _, changes := range [][]string{
		{"redirect_uri", callback + "@evil.example"}, {"redirect_uri", "//evil.example"}, {"state", "\r\nLocation: https://evil.example"},
		{"scope", "openid"}, {"prompt", "none"}, {"client_id", "shop"}, {"code_challenge_method", "plain"}, {"request", "x"},
		{"login_hint", "tkt_0"}, {"client_id", "shop", "login_hint", "tkt_" + strings.Repeat("0", 40), "scope", "openid"},
	} {
		f.Add(authorization(changes...).Encode())
	}
	f.Add("client_id=camara&redirect_uri=" + url.QueryEscape(callback) + "&state=%zz&&=&=x;y")
	f.Fuzz(func(t *testing.T, query string) {
		req := httptest.NewRequest(http.MethodGet, "/authorize", nil)
		req.URL.RawQuery = query
		req.Header.Set(lineHeader, "1")
		res := serve(w.handler, req)
		to := res.Header.Get("Location")
		switch {
		case res.StatusCode >= http.StatusInternalServerError:
			t.Errorf("%d %s", res.StatusCode, res.body)
		case to != "" && !strings.HasPrefix(to, callback+"?"), strings.ContainsAny(to, "\r\n"):
			t.Errorf("redirected to %q", to)
		}
	})
}

// Whatever is posted, a token needs a proof that the body alone does not hold.
func FuzzTokenRequest(f *testing.F) {
	w := onSQLite(f)
	f.Add("grant_type=client_credentials&scope=number-recycling%3Acheck&client_id=service", "")
	f.Add("grant_type=authorization_code&code=a.b&redirect_uri=x&code_verifier="+verifier+"&client_id=shop", "")
	f.Add("grant_type=client_credentials&grant_type=client_credentials", "Basic c2VydmljZTo=")
	f.Add("token=%00&client_secret=x", "Basic %%%")
	f.Fuzz(func(t *testing.T, body, authorization string) {
		for _, path := range []string{"/token", "/introspect", "/revoke"} {
			req := formRequest(path, body)
			if authorization != "" {
				req.Header.Set("Authorization", authorization)
			}
			res := serve(w.handler, req)
			if res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusOK && path != "/revoke" {
				t.Errorf("%s: %d %s", path, res.StatusCode, res.body)
			}
		}
	})
}

func formRequest(path, body string) *http.Request {
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return req
}
