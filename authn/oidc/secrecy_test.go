package oidc_test

import (
	"net/url"
	"strings"
	"testing"
)

// Neither a number nor anything that opens a door gets into the log, whether the request succeeds or fails.
func TestNothingSecretIsLogged(t *testing.T) {
	w := onSQLite(t)
	secret := w.apps["service"].Secret
	page := w.consentPage()
	code := w.press(page).answer(t).Get("code")
	shop := w.shopTokens(code)
	form := w.exchange(w.code())
	token := w.tokens(w.post("/token", form)).Access
	w.verify(token, `{"phoneNumber":"13800000001"}`)
	w.verify(token, claimed)
	w.verify(token, claimed)
	w.post("/token", form)
	w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, basic("service", secret)...)
	w.post("/introspect", url.Values{"token": {shop.Access}}, basic("service", secret+"x")...)
	w.get("/authorize?" + authorization("login_hint", "tel:"+number, "client_id", "nobody").Encode())
	ticket, b := w.ticket(), w.browser("")
	b.tap(ticket)
	b.post(ticket, "")
	b.post(ticket, wrong(w.phones.digits(), 0))
	b.post(ticket, w.phones.digits())
	b.authorize(ticket)
	w.provider.Close()
	w.post("/token", w.exchange(code))
	logged := w.logs.String()
	if !strings.Contains(logged, "oidc.token") || !strings.Contains(logged, "oauth request failed") {
		t.Fatalf("the log is not what it should be: %s", logged)
	}
	for name, s := range map[string]string{
		"number": "13800000001", "secret": secret, "code": code, "verifier": verifier, "token": shop.Access, "ID token": shop.ID, "verification token": token,
		"assertion": form.Get("client_assertion"), "handle": page.handle, "cookie": page.cookie.Value,
		"ticket": ticket, "code on the phone": w.phones.digits(), "cookie of a link": b.cookie,
	} {
		if strings.Contains(logged, s) {
			t.Errorf("the %s is in the log", name)
		}
	}
}
