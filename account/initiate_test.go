package account_test

import (
	"strings"
	"testing"

	"simtrust"
	"simtrust/account"
)

func TestInitiateURIs(t *testing.T) {
	w := embedded(t)
	keyed := account.Registration{Name: "API", Auth: account.AuthKey, Profile: account.ProfileFAPI2, JWKS: jwks(t, "k1"), Scopes: []string{"openid"}}
	for uri, c := range map[string]struct{ public, confidential bool }{
		"":                                                  {true, true},
		"https://shop.example/login":                        {true, true},
		"http://127.0.0.1:8080/login":                       {true, true},
		"cn.example.app:/login":                             {true, false},
		"http://shop.example/login":                         {},
		"https://shop.example/login?from=sms":               {},
		"https://shop.example/login?":                       {},
		"https://shop.example/login#top":                    {},
		"https://user@shop.example/login":                   {},
		"https://shop.example/a/../login":                   {},
		"https://SHOP.example/login":                        {},
		"myapp:/login":                                      {},
		"javascript:alert(1)":                               {},
		"data:text/html,hello":                              {},
		"//shop.example/login":                              {},
		"/login":                                            {},
		"https://shop.example/" + strings.Repeat("a", 2048): {},
	} {
		open := public("shop.example")
		open.InitiateURI, keyed.InitiateURI = uri, uri
		_, err := w.RegisterApp(t.Context(), open)
		checkRegistered(t, "public "+uri, err, c.public, account.ReasonInvalidInitiateURI)
		_, err = w.RegisterApp(t.Context(), keyed)
		checkRegistered(t, "confidential "+uri, err, c.confidential, account.ReasonInvalidInitiateURI)
	}
}

// What is registered is what is read again, in this process and over HTTP.
func TestInitiateURIIsKept(t *testing.T) {
	faces(t, func(t *testing.T, w *world, admin registry, _ func(simtrust.TenureID) person) {
		r := public("shop.example")
		r.InitiateURI = "https://shop.example/login"
		made, err := admin.RegisterApp(t.Context(), r)
		if err != nil || made.App.InitiateURI != r.InitiateURI {
			t.Fatalf("registered %q: %v", made.App.InitiateURI, err)
		}
		if got, err := admin.App(t.Context(), made.App.ID); err != nil || got.InitiateURI != r.InitiateURI {
			t.Errorf("kept %q: %v", got.InitiateURI, err)
		}
		if got, err := w.node().App(t.Context(), made.App.ID); err != nil || got.InitiateURI != r.InitiateURI {
			t.Errorf("stored %q: %v", got.InitiateURI, err)
		}
	})
}

func TestOpens(t *testing.T) {
	web := account.App{Auth: account.AuthSecret, InitiateURI: "https://shop.example:8443/login"}
	native := account.App{Auth: account.AuthNone, InitiateURI: "cn.example.app://open/login"}
	for _, c := range []struct {
		app    account.App
		target string
		want   bool
	}{
		{web, "https://shop.example:8443/tea/5?from=msg", true},
		{web, "https://shop.example:8443", true},
		{web, "https://shop.example/tea", false},
		{web, "http://shop.example:8443/tea", false},
		{web, "https://shop.example:8443.evil.example/", false},
		{web, "https://shop.example:8443@evil.example/", false},
		{web, "https://evil.example/https://shop.example:8443/", false},
		{web, "//shop.example:8443/tea", false},
		{web, "/tea", false},
		{web, "", false},
		{web, "javascript:alert(1)", false},
		{web, "https://shop.example:8443/tea#x", false},
		{native, "cn.example.app://open/tea", true},
		{native, "cn.example.app://other/tea", false},
		{native, "cn.example.other://open/tea", false},
		{account.App{Auth: account.AuthNone}, "https://shop.example/tea", false},
	} {
		if got := c.app.Opens(c.target); got != c.want {
			t.Errorf("%s of %q: %v", c.target, c.app.InitiateURI, got)
		}
	}
}
