package authn_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/authn"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

const (
	proxyPeer = "192.0.2.1"
	proxyName = "enricher.example.net"
)

// enricher plays an operator's proxy.
type enricher struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

func newEnricher(t testing.TB) *enricher {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &enricher{key, &x509.Certificate{RawSubjectPublicKeyInfo: []byte("the proxy's own key")}}
}

func (e *enricher) config(c *authn.Config) {
	c.Proxies = authn.Proxies{netip.MustParsePrefix("192.0.2.0/24")}
	c.Enrichers = []authn.Enricher{{
		Issuer: proxyName, Keys: map[string]crypto.PublicKey{"k1": &e.key.PublicKey},
		Certificates: [][sha256.Size]byte{sha256.Sum256(e.certificate.RawSubjectPublicKeyInfo)},
	}}
}

// token is an assertion and the request it travels with; a test changes one thing of it.
type token struct {
	method jwt.SigningMethod
	key    any
	header map[string]any
	claims jwt.MapClaims
	r      *http.Request
	sent   func(signed string) []string // header values
}

func (e *enricher) token(now time.Time) *token {
	r := from(proxyPeer)
	r.Header.Set("Forwarded", "for="+phone)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{e.certificate}}
	return &token{
		method: jwt.SigningMethodES256, key: e.key, r: r,
		header: map[string]any{"typ": authn.AssertionType, "kid": "k1"},
		claims: jwt.MapClaims{
			"iss": proxyName, "aud": "https://id.example.com", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
			"jti": simtrust.NewID("jti"), "htm": "GET", "htu": "https://id.example.com/authorize?client_id=shop",
			"client_ip": phone, "phone_number": alice.number.E164(), "imsi": alice.imsi,
		},
		sent: func(signed string) []string { return []string{signed} },
	}
}

// request signs the token and puts it into its request.
func (k *token) request(t testing.TB) *http.Request {
	t.Helper()
	j := jwt.NewWithClaims(k.method, k.claims)
	for name, v := range k.header {
		j.Header[name] = v
	}
	signed, err := j.SignedString(k.key)
	if err != nil {
		t.Fatal(err)
	}
	k.r.Header[authn.AssertionHeader] = k.sent(signed)
	return k.r
}

func eachEnriched(t *testing.T, fn func(t *testing.T, w *world, e *enricher)) {
	t.Helper()
	e := newEnricher(t)
	eachWith(t, e.config, func(t *testing.T, w *world) { fn(t, w, e) })
}

func TestAssertion(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		w.send(w.record(bob, "b", phone)) // the assertion goes before the address
		l, err := w.Locate(t.Context(), e.token(epoch).request(t))
		if err != nil {
			t.Fatal(err)
		}
		if l.Tenure != alice.tenure || l.Number != alice.number || l.IMSI != alice.imsi || l.Method != authn.MethodEnrichment {
			t.Errorf("located %+v", l)
		}
		again, err := w.Locate(t.Context(), e.token(epoch).request(t))
		if err != nil || again.Session != l.Session {
			t.Errorf("the next request is in session %q, %v, want %q", again.Session, err, l.Session)
		}
	})
}

func TestAssertionWithEd25519(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e := newEnricher(t)
	adjust := func(c *authn.Config) {
		e.config(c)
		c.Enrichers[0].Keys["k2"] = public
	}
	eachWith(t, adjust, func(t *testing.T, w *world) {
		k := e.token(epoch)
		k.method, k.key, k.header["kid"] = jwt.SigningMethodEdDSA, private, "k2"
		if _, err := w.Locate(t.Context(), k.request(t)); err != nil {
			t.Error(err)
		}
		k = e.token(epoch)
		k.method, k.key = jwt.SigningMethodEdDSA, private // under the kid of the other key
		w.refused(k.request(t), simtrust.KindDenied, authn.ReasonInvalidAssertion)
	})
}

func TestInvalidAssertions(t *testing.T) {
	stranger := newEnricher(t)
	claim := func(name string, v any) func(*token) {
		return func(k *token) {
			if k.claims[name] = v; v == nil {
				delete(k.claims, name)
			}
		}
	}
	tests := map[string]func(*token){
		"other key":         func(k *token) { k.key = stranger.key },
		"alg none":          func(k *token) { k.method, k.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType },
		"HMAC":              func(k *token) { k.method, k.key = jwt.SigningMethodHS256, []byte("the proxy's own key") },
		"other type":        func(k *token) { k.header["typ"] = "JWT" },
		"unknown key":       func(k *token) { k.header["kid"] = "k9" },
		"no key id":         func(k *token) { delete(k.header, "kid") },
		"critical":          func(k *token) { k.header["crit"] = []string{"b64"} },
		"other issuer":      claim("iss", "enricher.example.org"),
		"no issuer":         claim("iss", nil),
		"other audience":    claim("aud", "https://id.example.org"),
		"more audiences":    claim("aud", []string{"https://id.example.com", "https://id.example.org"}),
		"no audience":       claim("aud", nil),
		"expired":           claim("exp", epoch.Unix()),
		"no expiry":         claim("exp", nil),
		"lives too long":    claim("exp", epoch.Add(61*time.Second).Unix()),
		"no issue time":     claim("iat", nil),
		"issued in future":  claim("iat", epoch.Add(10*time.Second).Unix()),
		"not yet valid":     claim("nbf", epoch.Add(time.Second).Unix()),
		"no id":             claim("jti", nil),
		"empty id":          claim("jti", ""),
		"long id":           claim("jti", strings.Repeat("j", 129)),
		"other method":      claim("htm", "POST"),
		"no method":         claim("htm", nil),
		"other path":        claim("htu", "https://id.example.com/token?client_id=shop"),
		"other query":       claim("htu", "https://id.example.com/authorize?client_id=bank"),
		"no query":          claim("htu", "https://id.example.com/authorize"),
		"other host":        claim("htu", "https://id.example.org/authorize?client_id=shop"),
		"other scheme":      claim("htu", "http://id.example.com/authorize?client_id=shop"),
		"other client":      claim("client_ip", "10.0.0.2"),
		"no client":         claim("client_ip", nil),
		"client of no form": claim("client_ip", "10.0.0.1:5000"),
		"no number":         claim("phone_number", nil),
		"number of no form": claim("phone_number", "13800000001"),
		"no IMSI":           claim("imsi", nil),
		"twice":             func(k *token) { k.sent = func(s string) []string { return []string{s, s} } },
		"listed":            func(k *token) { k.sent = func(s string) []string { return []string{s + "," + s} } },
		"empty":             func(k *token) { k.sent = func(string) []string { return []string{""} } },
		"garbage":           func(k *token) { k.sent = func(string) []string { return []string{"a.b.c"} } },
		"oversized":         claim("x", strings.Repeat("x", 4096)),
		"padded":            func(k *token) { k.sent = func(s string) []string { return []string{s + "="} } },
		"other claims under the signature": func(k *token) {
			k.sent = func(s string) []string {
				parts := strings.Split(s, ".")
				body, err := base64.RawURLEncoding.DecodeString(parts[1])
				if err != nil {
					panic(err)
				}
				body = bytes.Replace(body, []byte(alice.number.E164()), []byte(bob.number.E164()), 1)
				parts[1] = base64.RawURLEncoding.EncodeToString(body)
				return []string{strings.Join(parts, ".")}
			}
		},
	}
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		w.send(w.record(alice, "a", phone)) // and no falling back to the address
		for name, change := range tests {
			t.Log(name)
			k := e.token(epoch)
			change(k)
			w.refused(k.request(t), simtrust.KindDenied, authn.ReasonInvalidAssertion)
		}
		w.doubted(alice.number, epoch, false)
	})
}

// An assertion from anybody but the allow-listed proxy does not exist.
func TestAssertionFromElsewhere(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		for name, change := range map[string]func(*http.Request){
			"no TLS":         func(r *http.Request) { r.TLS = nil },
			"no certificate": func(r *http.Request) { r.TLS.PeerCertificates = nil },
			"other certificate": func(r *http.Request) {
				r.TLS.PeerCertificates = []*x509.Certificate{{RawSubjectPublicKeyInfo: []byte("x")}}
			},
			"certificate second": func(r *http.Request) { r.TLS.PeerCertificates = []*x509.Certificate{{}, e.certificate} },
		} {
			t.Log(name)
			k := e.token(epoch)
			change(k.r)
			w.refused(k.request(t), simtrust.KindDenied, authn.ReasonNoSession)
		}
	})
}

func TestAssertionIsUsedOnce(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		r := e.token(epoch).request(t)
		if _, err := w.Locate(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		w.refused(r, simtrust.KindDenied, authn.ReasonInvalidAssertion)
		w.restart()
		w.refused(r, simtrust.KindDenied, authn.ReasonInvalidAssertion)
		w.prune()
		w.refused(r, simtrust.KindDenied, authn.ReasonInvalidAssertion)
		w.pass(3 * time.Minute)
		w.prune()
		if n := w.rows("authn_assertion"); n != 0 {
			t.Errorf("%d assertions kept beyond use", n)
		}
		w.refused(r, simtrust.KindDenied, authn.ReasonInvalidAssertion)
	})
}

func TestAssertionIsUsedOnceUnderConcurrency(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		signed := e.token(epoch).request(t).Header.Get(authn.AssertionHeader)
		var won atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			r := e.token(epoch).r
			r.Header.Set(authn.AssertionHeader, signed)
			all.Go(func() {
				if _, err := w.Locate(t.Context(), r); err == nil {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("accepted %d times", won.Load())
		}
	})
}

// The rule of records holds for assertions too.
func TestAssertionThatDoesNotFitTheRecord(t *testing.T) {
	eachEnriched(t, func(t *testing.T, w *world, e *enricher) {
		suspended, young := alice.holding(), alice.holding()
		suspended.Suspended = true
		young.SIMs[0].Since = epoch.Add(30 * time.Second)
		for _, tt := range []struct {
			reason, quarantine string
			held               renumber.Holding
			imsi               string
		}{
			{authn.ReasonSIMChanged, "sim_changed", alice.holding(), bob.imsi},
			{authn.ReasonNotUsable, "not_usable", suspended, alice.imsi},
			{authn.ReasonSIMChanged, "before_holder", young, alice.imsi},
			{authn.ReasonNotUsable, "not_held", renumber.Holding{}, alice.imsi},
		} {
			w.pass(time.Second)
			w.tenures.release(alice.number)
			w.tenures.set(tt.held)
			k := e.token(w.clock.now())
			k.claims["imsi"] = tt.imsi
			w.doubted(alice.number, w.clock.now(), false)
			w.refused(k.request(t), simtrust.KindDenied, tt.reason)
			w.doubted(alice.number, w.clock.now(), true)
			if n := w.quarantined(tt.quarantine); n != 1 {
				t.Errorf("%d in quarantine for %s, want 1", n, tt.quarantine)
			}
		}
		w.tenures.fail(errAway)
		w.refused(e.token(w.clock.now()).request(t), simtrust.KindUnavailable, authn.ReasonLookupFailed)
	})
}

func FuzzAssertion(f *testing.F) {
	e := newEnricher(f)
	url := sqldbtest.SQLiteURL(f)
	db := sqldbtest.Open(f, url)
	if err := sqldb.Migrate(f.Context(), db, authn.Migrations()); err != nil {
		f.Fatal(err)
	}
	w := newWorld(f, db, e.config)
	f.Fuzz(func(t *testing.T, value string) {
		r := e.token(epoch).r
		r.Header.Set(authn.AssertionHeader, value)
		if l, err := w.Locate(t.Context(), r); err == nil {
			t.Errorf("%q is located as %s", value, l.Tenure)
		}
	})
}

func TestEnricherKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for name, key := range map[string]crypto.PublicKey{"P-384": &p384.PublicKey, "secret": []byte("secret"), "none": nil} {
			c := w.config
			newEnricher(t).config(&c)
			c.Enrichers[0].Keys["k3"] = key
			if s, err := authn.New(w.deps(), c); err == nil {
				s.Close()
				t.Errorf("%s: accepted", name)
			}
		}
	})
}
