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

// Whatever is fetched or posted below /tap/, also with a ticket that is known, it leads nobody to the app who has not the browser that the code was
// asked for in, asks no phone, and leaves the ticket as it is.
func FuzzTap(f *testing.F) {
	w := onSQLite(f)
	w.lines.attach("2", "+8613800000002", w.now.Now())
	ticket, mine := w.ticket(), w.browser("")
	mine.tap(ticket)
	mine.post(ticket, "")
	f.Add(ticket, "", "code="+w.phones.digits(), "simtrust="+strings.Repeat("0", 52))
	f.Add(ticket, "code="+w.phones.digits(), "", "simtrust=")
	f.Add(strings.ToUpper(ticket), "ui_locales=en", "code=", mine.cookie)
	f.Add("tkt_"+strings.Repeat("0", 40), "", "code=1&code=2", mine.cookie)
	f.Fuzz(func(t *testing.T, segment, query, body, cookie string) {
		if cookie == mine.cookie && segment == ticket {
			return // the one who may
		}
		for _, line := range []string{"", "2"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				req := httptest.NewRequest(method, "/tap/x", strings.NewReader(body))
				req.URL.Path, req.URL.RawQuery = "/tap/"+segment, query
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("Origin", w.issuer)
				req.Header.Set("Cookie", cookie)
				if line != "" {
					req.Header.Set(lineHeader, line)
				}
				res := serve(w.handler, req)
				if to := res.Header.Get("Location"); res.StatusCode >= http.StatusInternalServerError || to != "" && !strings.HasPrefix(to, "/") {
					t.Errorf("%s: %d to %q\n%s", method, res.StatusCode, to, res.body)
				}
			}
		}
		var untouched int
		err := w.db.QueryRow(t.Context(), `select count(*) from oidc_tickets where tries = 0 and proven_at is null and spent_at is null`).Scan(&untouched)
		if err != nil || untouched != 1 || w.phones.count() != 1 {
			t.Errorf("%d tickets as they were, %d prompts, %v", untouched, w.phones.count(), err)
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
