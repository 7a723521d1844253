package oidc_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"simtrust/account"
	"simtrust/authn/oidc"
	"simtrust/internal/rpc"
)

// Until client and redirect URI are known good, nobody is redirected anywhere.
func TestAuthorizeNeverRedirectsToStrangers(t *testing.T) {
	w := onSQLite(t)
	_, err := w.accounts.RegisterApp(t.Context(), account.Registration{ID: "native", Name: "Native", Auth: account.AuthNone,
		Profile: account.ProfileOIDC, Scopes: []string{"openid"}, RedirectURIs: []string{"http://127.0.0.1:7000/cb", "com.example.app:/cb"}})
	w.must(err)
	_, err = w.accounts.SuspendApp(t.Context(), "bank")
	w.must(err)
	ask := func(changes ...string) string { return authorization(changes...).Encode() }
	for name, test := range map[string]struct{ query, want string }{
		"no parameters":             {"", "invalid_request"},
		"no client":                 {ask("client_id", ""), "invalid_request"},
		"unknown client":            {ask("client_id", "nobody"), "unauthorized_client"},
		"suspended client":          {ask("client_id", "bank"), "unauthorized_client"},
		"client twice":              {ask() + "&client_id=camara", "invalid_request"},
		"client with control octet": {ask("client_id", "camara\x00"), "invalid_request"},
		"no redirect_uri":           {ask("redirect_uri", ""), "invalid_request"},
		"redirect_uri twice":        {ask() + "&redirect_uri=" + url.QueryEscape(callback), "invalid_request"},
		"redirect_uri of another":   {ask("redirect_uri", "https://evil.example/callback"), "invalid_request"},
		"prefix":                    {ask("redirect_uri", callback+"/more"), "invalid_request"},
		"prefix as host":            {ask("redirect_uri", "https://shop.example.evil.example/callback"), "invalid_request"},
		"shorter":                   {ask("redirect_uri", "https://shop.example/"), "invalid_request"},
		"added query":               {ask("redirect_uri", callback+"?next=evil"), "invalid_request"},
		"trailing slash":            {ask("redirect_uri", callback+"/"), "invalid_request"},
		"encoded":                   {ask("redirect_uri", "https://shop.example/%63allback"), "invalid_request"},
		"encoded twice":             {ask("redirect_uri", url.QueryEscape(callback)), "invalid_request"},
		"dot segments":              {ask("redirect_uri", "https://shop.example/x/../callback"), "invalid_request"},
		"user-info":                 {ask("redirect_uri", "https://shop.example@evil.example/callback"), "invalid_request"},
		"user-info of our host":     {ask("redirect_uri", "https://x@shop.example/callback"), "invalid_request"},
		"fragment":                  {ask("redirect_uri", callback+"#x"), "invalid_request"},
		"upper case host":           {ask("redirect_uri", "https://SHOP.example/callback"), "invalid_request"},
		"other scheme":              {ask("redirect_uri", "http://shop.example/callback"), "invalid_request"},
		"default port":              {ask("redirect_uri", "https://shop.example:443/callback"), "invalid_request"},
		"backslash":                 {ask("redirect_uri", `https://evil.example\@shop.example/callback`), "invalid_request"},
		"loopback port":             {ask("client_id", "native", "redirect_uri", "http://127.0.0.1:7001/cb"), "invalid_request"},
		"loopback name":             {ask("client_id", "native", "redirect_uri", "http://localhost:7000/cb"), "invalid_request"},
		"script scheme":             {ask("client_id", "native", "redirect_uri", "javascript:alert(1)"), "invalid_request"},
		"header injection":          {ask("redirect_uri", callback+"\r\nSet-Cookie: a=b"), "invalid_request"},
		"oversized":                 {ask("state", strings.Repeat("s", 20<<10)), "invalid_request"},
	} {
		w.run(t, name, func(t *testing.T) {
			res := w.get("/authorize?" + test.query)
			if res.StatusCode != http.StatusBadRequest || !strings.Contains(res.body, test.want) {
				t.Errorf("%d without %s: %s", res.StatusCode, test.want, res.body)
			}
			if len(res.Header["Location"])+len(res.Header["Set-Cookie"]) > 0 {
				t.Errorf("headers: %v", res.Header)
			}
		})
	}
}

// Errors that the client is told, by redirect.
func TestAuthorizeErrors(t *testing.T) {
	w := onSQLite(t)
	ask := func(changes ...string) string { return authorization(changes...).Encode() }
	scopes := func(s string) string { return ask("scope", s) }
	nv := "openid " + oidc.ScopeVerify + " "
	for name, test := range map[string]struct{ query, want string }{
		"no response_type":      {ask("response_type", ""), "invalid_request"},
		"implicit":              {ask("response_type", "token"), "unsupported_response_type"},
		"hybrid":                {ask("response_type", "code id_token"), "unsupported_response_type"},
		"fragment mode":         {ask("response_mode", "fragment"), "invalid_request"},
		"request object":        {ask("request", "e30.e30."), "request_not_supported"},
		"request_uri":           {ask("request_uri", "https://shop.example/r"), "request_uri_not_supported"},
		"registration":          {ask("registration", "{}"), "registration_not_supported"},
		"no PKCE":               {ask("code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"PKCE plain":            {ask("code_challenge", verifier, "code_challenge_method", "plain"), "invalid_request"},
		"PKCE default is plain": {ask("code_challenge_method", ""), "invalid_request"},
		"PKCE method alone":     {ask("code_challenge", ""), "invalid_request"},
		"PKCE short":            {ask("code_challenge", "abc"), "invalid_request"},
		"PKCE padded":           {ask("code_challenge", challenge(verifier)+"="), "invalid_request"},
		"PKCE s256":             {ask("code_challenge_method", "s256"), "invalid_request"},
		"public without PKCE":   {ask("client_id", "shop", "scope", "openid", "code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"fapi2 without PKCE":    {ask("client_id", "bank", "scope", "openid", "code_challenge", "", "code_challenge_method", ""), "invalid_request"},
		"neither PKCE nor nonce": {ask("client_id", "web", "scope", "openid", "nonce", "", "code_challenge", "", "code_challenge_method", ""),
			"invalid_request"},
		"nonce without openid": {ask("client_id", "web", "scope", "number-recycling:check", "code_challenge", "", "code_challenge_method", ""),
			"invalid_request"},
		"no scope":              {scopes(""), "invalid_scope"},
		"unknown scope":         {scopes(nv + purpose + " email"), "invalid_scope"},
		"scope of a client":     {ask("client_id", "shop", "scope", oidc.ScopeVerify), "invalid_scope"},
		"double space":          {scopes("openid  " + purpose), "invalid_scope"},
		"quote in scope":        {scopes(`openid "` + purpose), "invalid_scope"},
		"mixed APIs":            {scopes(nv + "number-recycling:check " + purpose), "invalid_scope"},
		"no purpose":            {scopes(nv[:len(nv)-1]), "invalid_scope"},
		"two purposes":          {scopes(nv + purpose + " dpv:Marketing"), "invalid_scope"},
		"unregistered purpose":  {scopes(nv + "dpv:ServiceOptimisation"), "invalid_scope"},
		"purpose with a scope":  {scopes(nv + purpose + "#" + oidc.ScopeVerify), "invalid_scope"},
		"purpose alone":         {scopes(purpose), "invalid_scope"},
		"phone without openid":  {scopes("phone " + oidc.ScopeVerify + " " + purpose), "invalid_request"},
		"prompt none and login": {ask("prompt", "none login"), "invalid_request"},
		"prompt create":         {ask("prompt", "create"), "invalid_request"},
		"max_age":               {ask("max_age", "-1"), "invalid_request"},
		"scope twice":           {ask() + "&scope=openid", "invalid_request"},
		"unknown one twice":     {ask() + "&x=1&x=2", "invalid_request"},
		"broken escape":         {ask() + "&x=%zz", "invalid_request"},
		"control octet":         {ask("nonce", "a\nb"), "invalid_request"},
		"not UTF-8":             {ask("nonce", "\xff"), "invalid_request"},
		"long nonce":            {ask("nonce", strings.Repeat("n", 513)), "invalid_request"},
		"long state":            {ask("state", strings.Repeat("s", 5000)), "invalid_request"},
		"hint of nobody":        {ask("id_token_hint", "e30.e30.e30"), "invalid_request"},
		"consent missing":       {scopes(nv + "dpv:Marketing"), "consent_required"},
		"consent, no prompt":    {ask("client_id", "shop", "scope", "openid", "prompt", "none"), "consent_required"},
	} {
		w.run(t, name, func(t *testing.T) {
			res := w.get("/authorize?" + test.query)
			back := res.answer(t)
			if got := back.Get("error"); got != test.want || back.Get("iss") != w.issuer || back.Has("code") {
				t.Errorf("answer: %v, want %s", back, test.want)
			}
			if sent, _ := url.ParseQuery(test.query); len(sent["state"]) == 1 && back.Get("state") != sent.Get("state") {
				t.Errorf("state: %q", back.Get("state"))
			}
			if res.StatusCode != http.StatusFound || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
		})
	}
}

// What comes in a parameter cannot become a header.
func TestHeaderInjection(t *testing.T) {
	w := onSQLite(t)
	for _, state := range []string{"a\r\nSet-Cookie: a=b", "a\nLocation: https://evil.example", "a\x00"} {
		res := w.authorize("state", state)
		if back := res.answer(t); back.Get("error") != "invalid_request" || back.Has("state") || len(res.Header["Set-Cookie"]) > 0 || len(res.Header["Location"]) != 1 {
			t.Errorf("%q: %v", state, res.Header)
		}
	}
}

// What looks odd but is allowed.
func TestAuthorizeAccepts(t *testing.T) {
	w := onSQLite(t)
	for name, changes := range map[string][]string{
		"no state":                   {"state", ""},
		"long state":                 {"state", strings.Repeat("s", 1000)},
		"state with separators":      {"state", "a&error=x=%20;é"},
		"no nonce":                   {"nonce", ""},
		"acr_values are ignored":     {"acr_values", "urn:anything 9"},
		"login_hint is no error":     {"login_hint", "tel:+8613900000000"},
		"page asked for, not shown":  {"prompt", "login consent"},
		"display, locales, claims":   {"display", "popup", "ui_locales", "fr en", "claims_locales", "en", "claims", "{}"},
		"unknown parameter":          {"resource_hint", "x"},
		"max_age":                    {"max_age", "0"},
		"scopes in another order":    {"scope", purpose + " " + oidc.ScopeShare + " openid"},
		"phone beside verification":  {"scope", "openid phone " + oidc.ScopeVerify + " " + purpose},
		"without openid":             {"scope", oidc.ScopeVerify + " " + purpose},
		"response_mode query":        {"response_mode", "query"},
		"empty value is left out":    {"request", ""},
		"scope repeated in the list": {"scope", "openid openid " + oidc.ScopeVerify + " " + purpose + " " + purpose},
	} {
		w.run(t, name, func(t *testing.T) {
			back := w.authorize(changes...).answer(t)
			if back.Get("code") == "" || back.Get("state") != authorization(changes...).Get("state") || back.Get("iss") != w.issuer {
				t.Errorf("answer: %v", back)
			}
		})
	}
}

func TestAuthorizeByPost(t *testing.T) {
	w := onSQLite(t)
	res := w.post("/authorize", authorization(), lineHeader, "1")
	if res.StatusCode != http.StatusSeeOther || res.answer(t).Get("code") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	req := w.request(http.MethodPost, "/authorize", authorization().Encode(), lineHeader, "1")
	req.Header.Set("Content-Type", "application/json")
	if res := w.do(req); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
		t.Errorf("JSON: %d %v", res.StatusCode, res.Header)
	}
}

// A connection that the network cannot authenticate: each profile has its error, and a person gets a page where one may be shown.
func TestNotAuthenticable(t *testing.T) {
	w := onSQLite(t)
	shop := []string{"client_id", "shop", "scope", "openid phone"}
	for name, test := range map[string]struct {
		changes []string
		want    string
	}{
		"camara":               {nil, "access_denied"},
		"camara, page allowed": {[]string{"scope", "openid number-recycling:check " + purpose}, "access_denied"},
		"oidc":                 {append(shop, "prompt", "none"), "login_required"},
		"oidc verification":    {[]string{"client_id", "web", "scope", oidc.ScopeVerify}, "login_required"},
		"fapi2":                {[]string{"client_id", "bank", "scope", "openid", "prompt", "none"}, "login_required"},
	} {
		w.run(t, name, func(t *testing.T) {
			back := w.do(w.request(http.MethodGet, "/authorize?"+authorization(test.changes...).Encode(), "")).answer(t)
			if back.Get("error") != test.want || back.Get("state") != "st-1" {
				t.Errorf("answer: %v, want %s", back, test.want)
			}
		})
	}
	w.run(t, "page", func(t *testing.T) {
		query := authorization(shop...).Encode()
		res := w.do(w.request(http.MethodGet, "/authorize?"+query, "", "Accept-Language", "en"))
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
			t.Errorf("%d %v", res.StatusCode, res.Header)
		}
		for _, want := range []string{"Demo shop", w.issuer + "/authorize?" + query, "error=access_denied"} {
			if !strings.Contains(html.UnescapeString(res.body), want) {
				t.Errorf("the page lacks %s:\n%s", want, res.body)
			}
		}
	})
}

// When the network or the record of tenures is away, nobody is let in and nobody is told that they are a stranger.
func TestAuthorizeUnavailable(t *testing.T) {
	w := onSQLite(t)
	w.lines.change(func() { w.lines.down = true })
	if back := w.authorize().answer(t); back.Get("error") != "temporarily_unavailable" || back.Has("code") {
		t.Errorf("answer: %v", back)
	}
}

// One phone cannot fill the store with codes and consent pages, nor keep another from logging in.
func TestAuthorizePace(t *testing.T) {
	w := onSQLite(t)
	w.pace = rpc.Rate{PerSecond: 1, Burst: 2}
	node := w.node()
	w.lines.attach("2", "+8613800000002", w.now.Now())
	ask := func(line string) url.Values {
		return serve(node, w.request(http.MethodGet, "/authorize?"+authorization().Encode(), "", lineHeader, line)).answer(t)
	}
	for i, want := range []string{"", "", "temporarily_unavailable", "temporarily_unavailable"} {
		if got := ask("1"); got.Get("error") != want || got.Has("code") != (want == "") {
			t.Errorf("request %d: %v, want error %q", i, got, want)
		}
	}
	if got := ask("2"); !got.Has("code") {
		t.Errorf("another holder: %v", got)
	}
	w.now.advance(time.Second)
	if got := ask("1"); !got.Has("code") {
		t.Errorf("a second later: %v", got)
	}
}

// A hint of another person's login is answered like a connection that cannot be authenticated.
func TestIDTokenHint(t *testing.T) {
	w := onSQLite(t)
	got := w.tokens(w.post("/token", w.exchange(w.code())))
	w.now.advance(24 * time.Hour)
	if back := w.authorize("id_token_hint", got.ID).answer(t); back.Get("code") == "" {
		t.Errorf("same holder: %v", back)
	}
	w.lines.attach("1", "+8613800000002", w.now.Now())
	if back := w.authorize("id_token_hint", got.ID).answer(t); back.Get("error") != "access_denied" {
		t.Errorf("other holder: %v", back)
	}
	if back := w.authorize("id_token_hint", got.Access).answer(t); back.Get("error") != "invalid_request" {
		t.Errorf("an access token is no hint: %v", back)
	}
}
