package acme_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"simtrust/ca/acme"
)

// forger writes requests octet by octet, right ones and wrong ones.
type forger struct {
	w   *world
	key crypto.Signer
	kid string
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (f *forger) jwk() map[string]any {
	switch k := f.key.Public().(type) {
	case *ecdsa.PublicKey:
		raw, err := k.Bytes()
		if err != nil {
			f.w.t.Fatal(err)
		}
		return map[string]any{"kty": "EC", "crv": "P-256", "x": b64(raw[1:33]), "y": b64(raw[33:])}
	case *rsa.PublicKey:
		return map[string]any{"kty": "RSA", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
	case ed25519.PublicKey:
		return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(k)}
	}
	f.w.t.Fatal("unknown key")
	return nil
}

func (f *forger) algorithm() string {
	switch f.key.Public().(type) {
	case *rsa.PublicKey:
		return "RS256"
	case ed25519.PublicKey:
		return "EdDSA"
	}
	return "ES256"
}

func (f *forger) sign(input []byte) []byte {
	sum := sha256.Sum256(input)
	var signature []byte
	var err error
	switch k := f.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			f.w.t.Fatal(err)
		}
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case *rsa.PrivateKey:
		signature, err = rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	default:
		signature, err = k.Sign(rand.Reader, input, crypto.Hash(0))
	}
	if err != nil {
		f.w.t.Fatal(err)
	}
	return signature
}

// protected is the header of a right request.
func (f *forger) protected(url string) map[string]any {
	h := map[string]any{"alg": f.algorithm(), "nonce": f.w.nonce(), "url": url}
	if f.kid != "" {
		h["kid"] = f.kid
	} else {
		h["jwk"] = f.jwk()
	}
	return h
}

func textOf(payload any) string {
	if s, ok := payload.(string); ok {
		return s
	}
	text, err := json.Marshal(payload)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// flat is the JWS; a payload that is a string is taken as it is.
func (f *forger) flat(header map[string]any, payload any) map[string]any {
	input := b64([]byte(textOf(header))) + "." + b64([]byte(textOf(payload)))
	protected, body, _ := strings.Cut(input, ".")
	return map[string]any{"protected": protected, "payload": body, "signature": b64(f.sign([]byte(input)))}
}

// answer is what came back.
type answer struct {
	*http.Response
	text []byte
}

func (a answer) kind() string {
	var p struct {
		Type   string `json:"type"`
		Status int    `json:"status"`
	}
	if json.Unmarshal(a.text, &p) != nil || p.Status != a.StatusCode || a.Header.Get("Content-Type") != "application/problem+json" {
		return ""
	}
	return strings.TrimPrefix(p.Type, "urn:ietf:params:acme:error:")
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.text, v); err != nil {
		t.Fatalf("%d %s", a.StatusCode, a.text)
	}
}

// send posts octets and checks what every answer has.
func (w *world) send(url, media, body string) answer {
	w.t.Helper()
	res, err := http.Post(url, media, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.Header.Get("Replay-Nonce") == "" || !strings.Contains(res.Header.Get("Link"), `rel="index"`) {
		w.t.Errorf("%d without a nonce or an index: %v", res.StatusCode, res.Header)
	}
	return answer{res, text}
}

func (f *forger) post(url string, payload any) answer {
	f.w.t.Helper()
	return f.w.send(url, "application/jose+json", textOf(f.flat(f.protected(url), payload)))
}

func (w *world) nonce() string {
	w.t.Helper()
	res, err := http.Head(w.base + "/acme/new-nonce")
	if err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatalf("%v %v", res, err)
	}
	_ = res.Body.Close()
	return res.Header.Get("Replay-Nonce")
}

// binding is an external account binding for the forger's key.
func (f *forger) binding(e acme.External, change func(header map[string]any)) map[string]any {
	header := map[string]any{"alg": "HS256", "kid": e.KID, "url": f.w.base + "/acme/new-account"}
	if change != nil {
		change(header)
	}
	return mac(e.Key, header, f.jwk())
}

func mac(key []byte, header, payload any) map[string]any {
	protected, body := b64([]byte(textOf(header))), b64([]byte(textOf(payload)))
	m := hmac.New(sha256.New, key)
	m.Write([]byte(protected + "." + body))
	return map[string]any{"protected": protected, "payload": body, "signature": b64(m.Sum(nil))}
}

// register makes an account for a key.
func (w *world) register(key crypto.Signer, e acme.External) *forger {
	w.t.Helper()
	f := &forger{w: w, key: key}
	a := f.post(w.base+"/acme/new-account", map[string]any{"externalAccountBinding": f.binding(e, nil)})
	if a.StatusCode != http.StatusCreated {
		w.t.Fatalf("%d %s", a.StatusCode, a.text)
	}
	f.kid = a.Header.Get("Location")
	return f
}

// orderView is an order as it comes.
type orderView struct {
	Status         string   `json:"status"`
	Authorizations []string `json:"authorizations"`
	Finalize       string   `json:"finalize"`
	Certificate    string   `json:"certificate"`
	Error          *struct {
		Type string `json:"type"`
	} `json:"error"`
	url string
}

func names(list ...string) map[string]any {
	ids := []map[string]string{}
	for _, n := range list {
		ids = append(ids, map[string]string{"type": "dns", "value": n})
	}
	return map[string]any{"identifiers": ids}
}

func (f *forger) order(list ...string) orderView {
	f.w.t.Helper()
	a := f.post(f.w.base+"/acme/new-order", names(list...))
	if a.StatusCode != http.StatusCreated {
		f.w.t.Fatalf("%d %s", a.StatusCode, a.text)
	}
	var o orderView
	a.into(f.w.t, &o)
	o.url = a.Header.Get("Location")
	return o
}

func (f *forger) show(o orderView) orderView {
	f.w.t.Helper()
	at := o.url
	f.post(at, "").into(f.w.t, &o)
	o.url = at
	return o
}

type challengeView struct {
	Type   string `json:"type"`
	URL    string `json:"url"`
	Token  string `json:"token"`
	Status string `json:"status"`
	Error  *struct {
		Type   string `json:"type"`
		Detail string `json:"detail"`
	} `json:"error"`
}

type authorizationView struct {
	Status     string          `json:"status"`
	Wildcard   bool            `json:"wildcard"`
	Challenges []challengeView `json:"challenges"`
}

func (f *forger) authorization(url string) authorizationView {
	f.w.t.Helper()
	var v authorizationView
	f.post(url, "").into(f.w.t, &v)
	return v
}

func (v authorizationView) challenge(t testing.TB, kind string) challengeView {
	t.Helper()
	for _, c := range v.Challenges {
		if c.Type == kind {
			return c
		}
	}
	t.Fatalf("no %s in %+v", kind, v)
	return challengeView{}
}

func (f *forger) thumbprint() string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := enc.Encode(f.jwk()); err != nil { // maps are written in the order of their keys, as RFC 7638 wants
		f.w.t.Fatal(err)
	}
	sum := sha256.Sum256(bytes.TrimSpace(b.Bytes()))
	return b64(sum[:])
}

// try has a challenge looked at and waits for what comes of it.
func (f *forger) try(authorization, kind string) authorizationView {
	f.w.t.Helper()
	c := f.authorization(authorization).challenge(f.w.t, kind)
	f.post(c.URL, "{}")
	return f.await(authorization)
}

func (f *forger) await(authorization string) (v authorizationView) {
	f.w.t.Helper()
	f.w.until("the authorization is settled", func() bool {
		v = f.authorization(authorization)
		return v.Status != "pending"
	})
	return v
}

// ready makes an order and proves its names by http-01.
func (f *forger) ready(list ...string) orderView {
	f.w.t.Helper()
	o := f.order(list...)
	for _, url := range o.Authorizations {
		c := f.authorization(url).challenge(f.w.t, "http-01")
		f.w.challenge.answer("/.well-known/acme-challenge/"+c.Token, c.Token+"."+f.thumbprint())
		if v := f.try(url, "http-01"); v.Status != "valid" {
			f.w.t.Fatalf("%+v", v)
		}
	}
	return f.show(o)
}

func (f *forger) finalize(o orderView, csr []byte) answer {
	f.w.t.Helper()
	return f.post(o.Finalize, map[string]string{"csr": b64(csr)})
}
