package oidc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/account"
	"simtrust/authn/oidc"
	"simtrust/renumber"
)

const (
	unauthenticated = "Unauthorized UNAUTHENTICATED"
	invalidArgument = "Bad Request INVALID_ARGUMENT"
	claimed         = `{"phoneNumber":"` + number + `"}`
)

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestVerifyAnswers(t *testing.T) {
	w := onSQLite(t)
	for body, want := range map[string]string{
		claimed:                            `{"devicePhoneNumberVerified":true}`,
		`{"phoneNumber":"+8613800000002"}`: `{"devicePhoneNumberVerified":false}`,
		`{"hashedPhoneNumber":"` + hashOf(number) + `"}`:                  `{"devicePhoneNumberVerified":true}`,
		`{"hashedPhoneNumber":"` + strings.ToUpper(hashOf(number)) + `"}`: `{"devicePhoneNumberVerified":true}`,
		`{"hashedPhoneNumber":"` + hashOf(number[1:]) + `"}`:              `{"devicePhoneNumberVerified":false}`,
		`{"phoneNumber":"` + number + `","unknown":[1,{"a":null}]}`:       `{"devicePhoneNumberVerified":true}`,
	} {
		res := w.verify(w.verification(), body, "x-correlator", "corr-1")
		if res.StatusCode != http.StatusOK || res.body != want || res.Header.Get("x-correlator") != "corr-1" {
			t.Errorf("%s: %d %s %v", body, res.StatusCode, res.body, res.Header)
		}
	}
	if res := w.share(w.verification()); res.StatusCode != http.StatusOK || res.body != `{"devicePhoneNumber":"`+number+`"}` {
		t.Errorf("share: %d %s", res.StatusCode, res.body)
	}
}

// The example of the specification's text: SHA-256 of "+123456789".
func TestVerifyKnownHash(t *testing.T) {
	w := onSQLite(t)
	w.lines.attach("1", "+123456789", w.now.Now())
	res := w.verify(w.verification(), `{"hashedPhoneNumber":"b49f9168e8a886ffd61a090b51a26e117717f5f6fa804af49ea67043a2bfa4f0"}`)
	if res.body != `{"devicePhoneNumberVerified":true}` {
		t.Errorf("%d %s", res.StatusCode, res.body)
	}
}

// What is malformed or not allowed answers with its error and does not spend the token.
func TestRefusedCallsDoNotSpend(t *testing.T) {
	w := onSQLite(t)
	token := w.verification()
	for name, test := range map[string]struct{ body, correlator, want string }{
		"empty object":        {`{}`, "", invalidArgument},
		"both":                {`{"phoneNumber":"` + number + `","hashedPhoneNumber":"` + hashOf(number) + `"}`, "", invalidArgument},
		"null":                {`{"phoneNumber":null}`, "", invalidArgument},
		"not a number":        {`{"phoneNumber":"13800000001"}`, "", invalidArgument},
		"spaced":              {`{"phoneNumber":"+86 13800000001"}`, "", invalidArgument},
		"tel":                 {`{"phoneNumber":"tel:+8613800000001"}`, "", invalidArgument},
		"too long":            {`{"phoneNumber":"+1234567890123456"}`, "", invalidArgument},
		"of another type":     {`{"phoneNumber":8613800000001}`, "", invalidArgument},
		"short hash":          {`{"hashedPhoneNumber":"` + hashOf(number)[1:] + `"}`, "", invalidArgument},
		"hash of other signs": {`{"hashedPhoneNumber":"` + strings.Repeat("g", 64) + `"}`, "", invalidArgument},
		"member twice":        {`{"phoneNumber":"` + number + `","phoneNumber":"` + number + `"}`, "", invalidArgument},
		"member in capitals":  {`{"PhoneNumber":"` + number + `"}`, "", invalidArgument},
		"no JSON":             {`phoneNumber=` + number, "", invalidArgument},
		"two texts":           {claimed + claimed, "", invalidArgument},
		"correlator":          {claimed, "white space", invalidArgument},
	} {
		w.run(t, name, func(t *testing.T) {
			res := w.verify(token, test.body, "x-correlator", test.correlator)
			if got := res.camaraError(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if strings.Contains(res.body, "13800000001") {
				t.Errorf("the error repeats the number: %s", res.body)
			}
		})
	}
	if res := w.userInfo(token); res.StatusCode != http.StatusForbidden {
		t.Errorf("userinfo: %d", res.StatusCode)
	}
	if res := w.verify(token, claimed); res.StatusCode != http.StatusOK {
		t.Errorf("the token is spent: %d %s", res.StatusCode, res.body)
	}
	if got := w.verify(token, `{}`).camaraError(); got != unauthenticated {
		t.Errorf("after its use: %s", got)
	}
}

func TestScopesOfNumberVerification(t *testing.T) {
	w := onSQLite(t)
	only := func(s string) string {
		return w.tokens(w.post("/token", w.exchange(w.code("scope", s+" "+purpose)))).Access
	}
	if got := w.share(only(oidc.ScopeVerify)).camaraError(); got != "Forbidden PERMISSION_DENIED" {
		t.Errorf("share with verify: %s", got)
	}
	if got := w.verify(only(oidc.ScopeShare), claimed).camaraError(); got != "Forbidden PERMISSION_DENIED" {
		t.Errorf("verify with share: %s", got)
	}
	service := w.tokens(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, w.basic("service")...)).Access
	if got := w.share(service).camaraError(); got != "Forbidden PERMISSION_DENIED" {
		t.Errorf("2-legged: %s", got)
	}
}

// A token whose holder was not found by the network, however it came about, is refused by the code of the API.
func TestNotAuthenticatedByNetwork(t *testing.T) {
	w := onSQLite(t)
	scope := oidc.ScopeVerify + " " + oidc.ScopeShare
	for name, claims := range map[string]jwt.MapClaims{
		"2-legged":              {},
		"3-legged, by SMS code": {"gid": w.claims(w.verification())["gid"], "amr": []string{"otp", "sms"}},
		"3-legged, no method":   {"gid": w.claims(w.verification())["gid"]},
	} {
		w.run(t, name, func(t *testing.T) {
			token := w.forge("at+jwt", claims, "scope", scope)
			want := "Forbidden NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"
			if name == "2-legged" {
				want = unauthenticated // no client may hold such a token, so it does not even stand
			}
			if got := w.verify(token, claimed).camaraError(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// claims are those of a token.
func (w *world) claims(token string) map[string]any {
	w.t.Helper()
	claims := jwt.MapClaims{}
	_, _, err := jwt.NewParser().ParseUnverified(token, claims)
	w.must(err)
	return claims
}

// forge signs with our own key what the provider would not issue.
func (w *world) forge(typ string, claims jwt.MapClaims, changes ...any) string {
	w.t.Helper()
	all := jwt.MapClaims{
		"iss": w.issuer, "aud": w.issuer, "sub": "camara", "client_id": "camara", "jti": simtrust.NewID("tok"), "scope": "number-recycling:check",
		"iat": w.now.Now().Unix(), "exp": w.now.Now().Add(time.Minute).Unix(),
	}
	for k, v := range claims {
		all[k] = v
	}
	for i := 0; i < len(changes); i += 2 {
		all[changes[i].(string)] = changes[i+1]
	}
	token, err := w.keys.SignJWT(typ, all)
	w.must(err)
	return token
}

func TestForgedTokens(t *testing.T) {
	w := onSQLite(t)
	full := w.tokens(w.post("/token", w.exchange(w.code())))
	parts := strings.Split(full.Access, ".")
	claims := jwt.MapClaims(w.claims(full.Access))
	hmacKey, _ := w.keys.JWKS()
	for name, token := range map[string]string{
		"ID token":             full.ID,
		"ID token type":        w.forge("JWT", claims),
		"other issuer":         w.forge("at+jwt", claims, "iss", "https://other.example"),
		"other audience":       w.forge("at+jwt", claims, "aud", "https://other.example"),
		"no audience":          w.forge("at+jwt", claims, "aud", ""),
		"expired":              w.forge("at+jwt", claims, "exp", w.now.Now().Unix()),
		"no expiry":            w.forge("at+jwt", claims, "exp", 0),
		"no client":            w.forge("at+jwt", claims, "client_id", ""),
		"unknown client":       w.forge("at+jwt", claims, "client_id", "nobody"),
		"unknown grant":        w.forge("at+jwt", claims, "gid", "gnt_none"),
		"signature of another": camaraKey.sign(jwt.SigningMethodES256, claims, camaraKey.private, map[string]any{"typ": "at+jwt"}),
		"HS256 with the JWKS":  camaraKey.sign(jwt.SigningMethodHS256, claims, hmacKey, map[string]any{"typ": "at+jwt"}),
		"alg none":             camaraKey.sign(jwt.SigningMethodNone, claims, jwt.UnsafeAllowNoneSignatureType, map[string]any{"typ": "at+jwt"}),
		"signature dropped":    parts[0] + "." + parts[1] + ".",
		"not a token":          "token",
		"oversized":            full.Access + strings.Repeat("A", 5000),
		"empty":                "",
	} {
		w.run(t, name, func(t *testing.T) {
			if got := w.verify(token, claimed).camaraError(); got != unauthenticated {
				t.Errorf("%s", got)
			}
		})
	}
	for name, header := range map[string][]string{
		"no credential": nil,
		"two headers":   {"Authorization", "Bearer " + full.Access, "Authorization", "Bearer " + full.Access},
		"other scheme":  {"Authorization", "Token " + full.Access},
	} {
		if got := w.do(w.request(http.MethodGet, pathShare, "", header...)).camaraError(); got != unauthenticated {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := w.do(w.request(http.MethodGet, pathShare+"?access_token="+full.Access, "")).camaraError(); got != unauthenticated {
		t.Errorf("in the query: %s", got)
	}
	if res := w.verify(full.Access, claimed); res.StatusCode != http.StatusOK {
		t.Errorf("the true one: %d %s", res.StatusCode, res.body)
	}
}

// A number-verification token has one use under any number of parallel ones, at any of its two operations.
func TestSpendOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		second := w.node()
		token := w.verification()
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 64 {
			req := w.request(http.MethodGet, pathShare, "", "Authorization", "Bearer "+token)
			if i%2 == 0 {
				req = w.request(http.MethodPost, pathVerify, claimed, "Authorization", "Bearer "+token)
				req.Header.Set("Content-Type", "application/json")
			}
			handler := []http.Handler{w.handler, second}[i/2%2]
			all.Go(func() {
				switch res := serve(handler, req); {
				case res.StatusCode == http.StatusOK:
					won.Add(1)
				case res.camaraError() != unauthenticated:
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

// What ends a number-verification token, and the code it comes from, before its time.
func TestVerificationDies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		line := func(f func(*renumber.Holding)) func() {
			return func() { w.lines.holding(w.lines.tenure("1"), f) }
		}
		for name, event := range map[string]func(){
			"SIM changed": line(func(h *renumber.Holding) {
				h.SIMs = []renumber.SIM{{IMSI: "460009999", Primary: true}}
				h.SIMChanged, h.SIMChangedRecorded = w.now.Now(), w.now.Now()
			}),
			"SIM changed, same IMSI": line(func(h *renumber.Holding) { h.SIMChanged, h.SIMChangedRecorded = w.now.Now(), w.now.Now() }),
			"SIM change learnt late": line(func(h *renumber.Holding) {
				h.SIMChanged, h.SIMChangedRecorded = w.now.Now().Add(-time.Hour), w.now.Now()
			}),
			"SIM change recorded before the login and committed after it": line(func(h *renumber.Holding) {
				h.SIMChanged, h.SIMChangedRecorded = w.now.Now().Add(-time.Minute), w.now.Now().Add(-time.Minute)
			}),
			"number in doubt": func() {
				w.lines.change(func() { w.lines.doubts[w.lines.sessions["1"].Number] = w.now.Now() })
			},
			"tenure ended":  func() { w.lines.change(func() { delete(w.lines.holdings, w.lines.sessions["1"].Tenure) }) },
			"line barred":   line(func(h *renumber.Holding) { h.Suspended = true }),
			"no named user": line(func(h *renumber.Holding) { h.Anonymous = true }),
			"out of sight":  line(func(h *renumber.Holding) { h.OutOfSight = true }),
			"token expired": func() { w.now.advance(300 * time.Second) },
			"number re-registered": func() {
				id := w.lines.tenure("1")
				w.lines.change(func() { delete(w.lines.holdings, id) })
				w.lines.attach("1", number, w.now.Now())
			},
		} {
			w.lines.attach("1", number, w.now.Now().Add(-time.Hour))
			code, token := w.code(), w.verification()
			w.now.advance(time.Second)
			event()
			if got := w.verify(token, claimed).camaraError(); got != unauthenticated {
				t.Errorf("%s: token: %s", name, got)
			}
			if got := w.post("/token", w.exchange(code)).oauthError(); got != refusedCode {
				t.Errorf("%s: code: %s", name, got)
			}
			w.lines.change(func() { clear(w.lines.doubts) })
		}
	})
}

// What ends an ordinary token. A new SIM does not: the holder is the same.
func TestTokenStandsOnItsTenure(t *testing.T) {
	w := onSQLite(t)
	for name, test := range map[string]struct {
		event func()
		want  int
	}{
		"nothing": {func() {}, http.StatusOK},
		"SIM changed": {func() {
			w.lines.holding(w.lines.tenure("1"), func(h *renumber.Holding) { h.SIMs, h.SIMChanged = nil, w.now.Now() })
		}, http.StatusOK},
		"detached": {func() { w.lines.change(func() { delete(w.lines.sessions, "1") }) }, http.StatusOK},
		"tenure ended": {func() { w.lines.change(func() { delete(w.lines.holdings, w.lines.sessions["1"].Tenure) }) },
			http.StatusUnauthorized},
		"line barred":       {func() { w.lines.holding(w.lines.tenure("1"), func(h *renumber.Holding) { h.Suspended = true }) }, http.StatusUnauthorized},
		"account moved":     {w.moveAway, http.StatusUnauthorized},
		"consent withdrawn": {w.forget, http.StatusUnauthorized},
		"app suspended":     {func() { w.suspend("shop") }, http.StatusUnauthorized},
		"expired":           {func() { w.now.advance(300 * time.Second) }, http.StatusUnauthorized},
		"tenures away":      {func() { w.lines.change(func() { w.lines.down = true }) }, http.StatusServiceUnavailable},
	} {
		w.run(t, name, func(t *testing.T) {
			w.lines.attach("1", number, w.now.Now())
			token := w.login().Access
			w.now.advance(time.Second)
			test.event()
			if res := w.userInfo(token); res.StatusCode != test.want {
				t.Errorf("%d, want %d", res.StatusCode, test.want)
			}
			w.lines.change(func() { w.lines.down = false })
			_, err := w.accounts.ResumeApp(t.Context(), "shop")
			w.must(err)
		})
	}
}

// moveAway moves the account of the line to another one.
func (w *world) moveAway() {
	w.t.Helper()
	ticket, err := w.accounts.StartMove(w.t.Context(), account.Proven{Tenure: w.lines.tenure("1"), At: w.now.Now()})
	w.must(err)
	to := w.lines.attach("2", "+8613800000002", w.now.Now())
	w.must(w.accounts.FinishMove(w.t.Context(), account.FinishMoveReq{To: account.Proven{Tenure: to.Tenure, At: w.now.Now()}, Ticket: ticket.Secret}))
}

func (w *world) suspend(app string) {
	w.t.Helper()
	_, err := w.accounts.SuspendApp(w.t.Context(), app)
	w.must(err)
}

// The heart of it: a number that goes to somebody else leads to another account, and nothing of the first holder works any more.
func TestReRegisteredNumberIsSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.login()
		code := w.code("client_id", "shop", "scope", "openid phone")
		before := w.lines.tenure("1")
		w.lines.change(func() { delete(w.lines.holdings, before) })
		w.lines.attach("1", number, w.now.Now())
		second := w.login()
		if a, b := w.claims(first.ID), w.claims(second.ID); a["sub"] == b["sub"] || b["phone_number"] != number {
			t.Errorf("first %v, second %v", a, b)
		}
		if res := w.userInfo(first.Access); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("the first holder's token: %d %s", res.StatusCode, res.body)
		}
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {"shop"}}
		if got := w.post("/token", form).oauthError(); got != refusedCode {
			t.Errorf("the first holder's code: %s", got)
		}
	})
}

func TestUserInfo(t *testing.T) {
	w := onSQLite(t)
	got := w.login()
	for name, res := range map[string]reply{
		"GET":  w.userInfo(got.Access),
		"POST": w.post("/userinfo", nil, "Authorization", "bearer "+got.Access),
	} {
		var info map[string]any
		w.must(json.Unmarshal([]byte(res.body), &info))
		if info["sub"] != w.claims(got.ID)["sub"] || info["phone_number"] != number || info["phone_number_verified"] != true || len(info) != 3 {
			t.Errorf("%s: %d %s", name, res.StatusCode, res.body)
		}
	}
	w.must(w.accounts.Consent(t.Context(), consentTo(w, "web", "openid")))
	form := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {callback}, "code_verifier": {verifier}, "code": {w.code("client_id", "web", "scope", "openid")}}
	bare := w.tokens(w.post("/token", form, w.basic("web")...))
	if res := w.userInfo(bare.Access); strings.Contains(res.body, "phone") || res.StatusCode != http.StatusOK {
		t.Errorf("without phone: %d %s", res.StatusCode, res.body)
	}
	service := w.tokens(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, w.basic("service")...)).Access
	if res := w.userInfo(service); res.StatusCode != http.StatusForbidden || !strings.Contains(res.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("2-legged: %d %v", res.StatusCode, res.Header)
	}
	if res := w.userInfo("x"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(res.Header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("no token: %d %v", res.StatusCode, res.Header)
	}
}
