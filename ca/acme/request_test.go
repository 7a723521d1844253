package acme_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestEveryKindOfAccountKey(t *testing.T) {
	w := embedded(t)
	e := w.external()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*forger{w.register(newKey(t), e), w.register(rsaKey, e), w.register(edKey, e)} {
		if a := f.post(f.kid, ""); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", f.algorithm(), a.StatusCode, a.text)
		}
		if o := f.ready("a.example.com"); o.Status != "ready" {
			t.Errorf("%s: %+v", f.algorithm(), o)
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	url := w.base + "/acme/new-order"
	payload := textOf(names("a.example.com"))
	header := func(change func(h map[string]any)) string {
		h := f.protected(url)
		change(h)
		return textOf(f.flat(h, payload))
	}
	flat := func(change func(m map[string]any)) string {
		m := f.flat(f.protected(url), payload)
		change(m)
		return textOf(m)
	}
	for name, tt := range map[string]struct {
		body string
		kind string
	}{
		"no JSON":            {"jws", "malformed"},
		"empty":              {"", "malformed"},
		"array":              {"[]", "malformed"},
		"compact":            {`"a.b.c"`, "malformed"},
		"member missing":     {flat(func(m map[string]any) { delete(m, "signature") }), "malformed"},
		"unprotected header": {flat(func(m map[string]any) { m["header"] = map[string]any{"kid": f.kid} }), "malformed"},
		"signatures":         {flat(func(m map[string]any) { m["signatures"] = []any{} }), "malformed"},
		"member twice":       {strings.Replace(flat(func(map[string]any) {}), "{", `{"payload":"e30",`, 1), "malformed"},
		"padding":            {flat(func(m map[string]any) { m["protected"] = m["protected"].(string) + "=" }), "malformed"},
		"other base64":       {flat(func(m map[string]any) { m["signature"] = "+/" + m["signature"].(string)[2:] }), "malformed"},
		"other payload":      {flat(func(m map[string]any) { m["payload"] = b64([]byte(textOf(names("b.example.com")))) }), "malformed"},
		"short signature":    {flat(func(m map[string]any) { m["signature"] = m["signature"].(string)[:40] }), "malformed"},
		"no signature":       {flat(func(m map[string]any) { m["signature"] = "" }), "malformed"},
		"jwk and kid":        {header(func(h map[string]any) { h["jwk"] = f.jwk() }), "malformed"},
		"neither":            {header(func(h map[string]any) { delete(h, "kid") }), "malformed"},
		"jwk alone":          {header(func(h map[string]any) { delete(h, "kid"); h["jwk"] = f.jwk() }), "malformed"},
		"crit":               {header(func(h map[string]any) { h["crit"] = []string{"exp"} }), "malformed"},
		"b64":                {header(func(h map[string]any) { h["b64"] = false }), "malformed"},
		"none":               {header(func(h map[string]any) { h["alg"] = "none" }), "badSignatureAlgorithm"},
		"no algorithm":       {header(func(h map[string]any) { delete(h, "alg") }), "badSignatureAlgorithm"},
		"HS256":              {header(func(h map[string]any) { h["alg"] = "HS256" }), "badSignatureAlgorithm"},
		"another's":          {header(func(h map[string]any) { h["alg"] = "RS256" }), "badSignatureAlgorithm"},
		"other url":          {header(func(h map[string]any) { h["url"] = w.base + "/acme/new-account" }), "unauthorized"},
		"url with query":     {header(func(h map[string]any) { h["url"] = url + "?a=b" }), "unauthorized"},
		"no url":             {header(func(h map[string]any) { delete(h, "url") }), "malformed"},
		"unknown account":    {header(func(h map[string]any) { h["kid"] = w.base + "/acme/account/act_none" }), "accountDoesNotExist"},
		"foreign account":    {header(func(h map[string]any) { h["kid"] = "http://elsewhere.example/acme/account/1" }), "accountDoesNotExist"},
		"kid of another":     {header(func(h map[string]any) { h["kid"] = w.register(newKey(t), w.external()).kid }), "malformed"},
		"no nonce":           {header(func(h map[string]any) { delete(h, "nonce") }), "badNonce"},
		"empty nonce":        {header(func(h map[string]any) { h["nonce"] = "" }), "badNonce"},
		"made-up nonce":      {header(func(h map[string]any) { h["nonce"] = b64(make([]byte, 40)) }), "badNonce"},
		"longer nonce":       {header(func(h map[string]any) { h["nonce"] = h["nonce"].(string) + "AAAA" }), "badNonce"},
		"too large":          {strings.Repeat(" ", 65<<10), "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := w.send(url, "application/jose+json", tt.body); a.kind() != tt.kind {
				t.Errorf("%d %s, want %s", a.StatusCode, a.text, tt.kind)
			}
		})
	}
	if a := w.send(url, "application/json", textOf(f.flat(f.protected(url), payload))); a.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("media type: %d", a.StatusCode)
	}
	a := w.send(url, "application/jose+json", header(func(h map[string]any) { h["alg"] = "ES384" }))
	if !strings.Contains(string(a.text), `"algorithms":["ES256","RS256","EdDSA"]`) {
		t.Errorf("the algorithms are not told: %s", a.text)
	}
}

func TestRefusedKeys(t *testing.T) {
	w := embedded(t)
	url := w.base + "/acme/new-account"
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := &forger{w: w, key: newKey(t)}
	for name, jwk := range map[string]any{
		"no object": "key", "empty": map[string]any{}, "octets": map[string]any{"kty": "oct", "k": "AAAA"},
		"small RSA": (&forger{w: w, key: small}).jwk(), "curve": map[string]any{"kty": "EC", "crv": "P-224", "x": "AA", "y": "AA"},
		"off the curve": map[string]any{"kty": "EC", "crv": "P-256", "x": b64(make([]byte, 32)), "y": b64(make([]byte, 32))},
		"private":       map[string]any{"kty": "EC", "crv": "P-256", "x": good.jwk()["x"], "y": good.jwk()["y"], "d": b64(make([]byte, 32))},
		"even exponent": map[string]any{"kty": "RSA", "n": b64(append([]byte{0x80}, make([]byte, 255)...)), "e": "Ag"},
		"short Ed25519": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}, "X25519": map[string]any{"kty": "OKP", "crv": "X25519", "x": b64(make([]byte, 32))},
	} {
		h := good.protected(url)
		h["jwk"] = jwk
		if a := w.send(url, "application/jose+json", textOf(good.flat(h, "{}"))); a.kind() != "badPublicKey" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.text)
		}
	}
}

func TestNonceIsSpentOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		body := textOf(f.flat(f.protected(f.kid), ""))
		const callers = 16
		var mu sync.Mutex
		kinds := map[string]int{}
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				a := w.send(f.kid, "application/jose+json", body)
				mu.Lock()
				defer mu.Unlock()
				kinds[fmt.Sprint(a.StatusCode, a.kind())]++
			})
		}
		all.Wait()
		if kinds["200"] != 1 || kinds["400badNonce"] != callers-1 {
			t.Errorf("%v", kinds)
		}
		w.restart()
		if a := w.send(f.kid, "application/jose+json", body); a.kind() != "badNonce" {
			t.Errorf("after a restart: %d %s", a.StatusCode, a.text)
		}
		old := textOf(f.flat(f.protected(f.kid), ""))
		w.clock.advance(61 * time.Minute)
		if a := w.send(f.kid, "application/jose+json", old); a.kind() != "badNonce" {
			t.Errorf("an hour later: %d %s", a.StatusCode, a.text)
		}
	})
}

// A request that does not verify spends no nonce.
func TestForgedRequestSpendsNothing(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	h := f.protected(f.kid)
	thief := &forger{w: w, key: newKey(t)}
	if a := w.send(f.kid, "application/jose+json", textOf(thief.flat(h, ""))); a.kind() != "malformed" {
		t.Fatalf("%d %s", a.StatusCode, a.text)
	}
	if a := w.send(f.kid, "application/jose+json", textOf(f.flat(h, ""))); a.StatusCode != http.StatusOK {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
}

func TestOutsideTheHandlers(t *testing.T) {
	w := embedded(t)
	for path, status := range map[string]int{"/acme/nowhere": http.StatusNotFound, "/acme/new-order": http.StatusMethodNotAllowed} {
		res, err := http.Get(w.base + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != status || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
}
