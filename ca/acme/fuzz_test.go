package acme

import (
	"testing"
)

// FuzzJWS feeds requests: what is accepted has exactly one way to name its signer, and its key means the same when it is read from
// where it was stored.
func FuzzJWS(f *testing.F) {
	f.Add([]byte(`{"protected":"","payload":"","signature":""}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseJWS(body)
		if err != nil {
			return
		}
		if (m.header.KID == "") == (m.header.JWK == nil) || m.header.URL == "" {
			t.Fatalf("accepted %+v", m.header)
		}
		key, err := m.key()
		if err != nil {
			return
		}
		_ = m.verify(key)
		again, err := parseJWK([]byte(key.canonical))
		if err != nil || again.thumbprint != key.thumbprint || !again.is(key.key) {
			t.Fatalf("stored %s: %v", key.canonical, err)
		}
	})
}

// FuzzJWK feeds keys alone.
func FuzzJWK(f *testing.F) {
	f.Add([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		key, err := parseJWK(text)
		if err != nil {
			return
		}
		again, err := parseJWK([]byte(key.canonical))
		if err != nil || again.thumbprint != key.thumbprint || again.algorithm != key.algorithm {
			t.Fatalf("stored %s: %v", key.canonical, err)
		}
		_ = key.verify([]byte("input"), text)
	})
}
