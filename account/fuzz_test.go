package account

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whatever is accepted is safe to send a code to: a browser and we read the same host out of it.
func FuzzRedirectURI(f *testing.F) {
	f.Add("https://shop.example/callback?a=b", false)
	f.Add("http://[::1]:8080/callback", true)
	f.Add("cn.example.app:/oauth", true)
	f.Fuzz(func(t *testing.T, raw string, public bool) {
		if checkRedirectURI(raw, public) != nil {
			return
		}
		if strings.ContainsAny(raw, "#\\ \t\r\n\"<>") {
			t.Fatalf("accepted %q", raw)
		}
		u, err := url.Parse(raw)
		if err != nil || u.User != nil || u.Fragment != "" || !u.IsAbs() {
			t.Fatalf("accepted %q: %v", raw, err)
		}
		switch u.Scheme {
		case "https":
			if u.Host == "" || u.Host != strings.ToLower(u.Host) {
				t.Fatalf("accepted host %q", u.Host)
			}
		case "http":
			ip, err := netip.ParseAddr(u.Hostname())
			if u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
				t.Fatalf("accepted http to %q", u.Host)
			}
		default:
			if !public || !strings.Contains(u.Scheme, ".") {
				t.Fatalf("accepted scheme %q", u.Scheme)
			}
		}
	})
}

// Whatever is accepted is kept in a form that is accepted again, unchanged, and has no private member.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","kid":"1"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"1","D":"AA"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, err := parseKeys(raw)
		if err != nil {
			return
		}
		credentials, secret := newCredentials(AuthKey, keys)
		app, err := present(App{}, credentials, time.UnixMilli(1))
		if err != nil || secret != "" {
			t.Fatal(err)
		}
		again, err := parseKeys(app.JWKS)
		if err != nil || len(again) != len(keys) {
			t.Fatalf("kept %s: %v", app.JWKS, err)
		}
		for i, k := range again {
			if k.id != keys[i].id || !bytes.Equal(k.jwk, keys[i].jwk) {
				t.Fatalf("%s became %s", keys[i].jwk, k.jwk)
			}
		}
	})
}
