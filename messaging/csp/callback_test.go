package csp_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/messaging/csp"
)

const (
	token = "callback-token"
	nonce = "7e57d004-2b97-4e7a-b45f-5387367791cd"
)

var signedAt = time.Unix(1600000000, 0)

// The digests are of sha256sum (GNU coreutils 9.1) over the three texts in the order that sort has in the C locale.
func TestSignature(t *testing.T) {
	for _, c := range []struct{ token, timestamp, nonce, want string }{
		{"callback-token", "1600000000", "7e57d004-2b97-4e7a-b45f-5387367791cd", "a8757531656a875068e6c5a09fa1b0702847dbc1d3c79b6598011dadc94e4a54"},
		{"00token", "1600000000", "e57d004-2b97-4e7a-b45f-5387367791cd", "bacdc26ca71282c1b83d6f9d992901fe984a76d1f973dc8fe6fc4040ca99c318"},
		{"Token", "1600000000", "0e57d004-2b97-4e7a-b45f-5387367791cd", "2ffee947d4c274ed88404a20be697ae15d83fd182d9c4d84a65c01d050c33d60"},
	} {
		if got := csp.Sign(c.token, c.timestamp, c.nonce); got != c.want {
			t.Errorf("Sign(%q, %q, %q) = %s, want %s", c.token, c.timestamp, c.nonce, got, c.want)
		}
	}
}

func signed() http.Header {
	h := http.Header{}
	csp.SetHeaders(h, token, "sip:106500@botplatform.rcs.example.cn", signedAt, nonce)
	return h
}

func TestVerify(t *testing.T) {
	got, err := csp.Verify(signed(), token)
	if err != nil || !got.Time.Equal(signedAt) || got.Nonce != nonce {
		t.Fatalf("a signed callback: %+v, %v", got, err)
	}
	h := signed()
	h.Set(csp.HeaderSignature, strings.ToUpper(h.Get(csp.HeaderSignature)))
	if _, err := csp.Verify(h, token); err != nil {
		t.Errorf("hexadecimal in upper case: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	// resign makes a signature right for whatever the headers say, so that only their form is at fault.
	resign := func(h http.Header) {
		words := []string{token, h.Get("timestamp"), h.Get("nonce")}
		slices.Sort(words)
		sum := sha256.Sum256([]byte(strings.Join(words, "")))
		h.Set("signature", hex.EncodeToString(sum[:]))
	}
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	for name, change := range map[string]func(http.Header){
		"no signature":          func(h http.Header) { h.Del("signature") },
		"an empty signature":    set("signature", ""),
		"a cut signature":       func(h http.Header) { h.Set("signature", h.Get("signature")[:63]) },
		"another time":          set("timestamp", "1600000001"),
		"another nonce":         set("nonce", "7e57d004-2b97-4e7a-b45f-5387367791ce"),
		"two signatures":        func(h http.Header) { h.Add("signature", h.Get("signature")) },
		"two nonces":            func(h http.Header) { h.Add("nonce", nonce) },
		"no nonce":              func(h http.Header) { h.Del("nonce"); resign(h) },
		"a long nonce":          func(h http.Header) { h.Set("nonce", strings.Repeat("a", 65)); resign(h) },
		"no time":               func(h http.Header) { h.Del("timestamp"); resign(h) },
		"milliseconds":          func(h http.Header) { h.Set("timestamp", "1600000000000"); resign(h) },
		"a signed time":         func(h http.Header) { h.Set("timestamp", "+160000000"); resign(h) },
		"a padded time":         func(h http.Header) { h.Set("timestamp", "0160000000"); resign(h) },
		"words for a time":      func(h http.Header) { h.Set("timestamp", "2020-01-17"); resign(h) },
		"a digit that moved":    func(h http.Header) { h.Set("timestamp", "160000000"); h.Set("nonce", "0"+nonce) },
		"a digit that moved on": func(h http.Header) { h.Set("timestamp", "16000000007"); h.Set("nonce", nonce[1:]) },
	} {
		h := signed()
		change(h)
		if _, err := csp.Verify(h, token); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := csp.Verify(signed(), "callback-tokem"); err == nil {
		t.Error("another token: taken")
	}
	h := signed()
	csp.SetHeaders(h, "", "sip:1@example.cn", signedAt, nonce)
	if _, err := csp.Verify(h, ""); err == nil {
		t.Error("signed with no token: taken")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("1600000000", nonce, csp.Sign(token, "1600000000", nonce))
	f.Add("160000000", "0"+nonce, csp.Sign(token, "1600000000", nonce))
	f.Fuzz(func(t *testing.T, timestamp, nonce, signature string) {
		h := http.Header{"Timestamp": {timestamp}, "Nonce": {nonce}, "Signature": {signature}}
		got, err := csp.Verify(h, token)
		if err == nil && (len(timestamp) != 10 || got.Nonce != nonce || !strings.EqualFold(signature, csp.Sign(token, timestamp, nonce))) {
			t.Errorf("taken: %q %q %q", timestamp, nonce, signature)
		}
	})
}
