package oidc_test

import (
	"net/http"
	"testing"
)

// The thinnest way from a data session to a verified number.
func TestSilentNumberVerification(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		back := w.authorize("prompt", "none").answer(t)
		if back.Get("state") != "st-1" || back.Get("iss") != w.issuer || back.Get("code") == "" {
			t.Fatalf("response: %v", back)
		}
		got := w.tokens(w.post("/token", w.exchange(back.Get("code"))))
		if got.Type != "Bearer" || got.Expires != 300 || got.ID == "" {
			t.Errorf("tokens: %+v", got)
		}
		res := w.verify(got.Access, `{"phoneNumber":"`+number+`"}`)
		if want := `{"devicePhoneNumberVerified":true}`; res.StatusCode != http.StatusOK || res.body != want {
			t.Fatalf("verify: %d %s", res.StatusCode, res.body)
		}
		if got, want := w.share(got.Access).camaraError(), "Unauthorized UNAUTHENTICATED"; got != want {
			t.Errorf("second use: %s, want %s", got, want)
		}
	})
}
