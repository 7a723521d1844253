package keys_test

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/keys"
)

// clock is a time that moves only when told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// place is where a ring lives: its directory and its secret file.
type place struct {
	dir  string
	opts keys.Options
}

func newPlace(t *testing.T) (place, *clock) {
	t.Helper()
	base, now := t.TempDir(), newClock()
	return place{dir: filepath.Join(base, "keys"), opts: keys.Options{
		Secret: filepath.Join(base, "secret"), CreateSecret: true, Now: now.Now, Keep: time.Hour,
	}}, now
}

func (p place) open(t *testing.T) *keys.Ring {
	t.Helper()
	ring, err := keys.Open(t.Context(), p.dir, p.opts)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func rotate(t *testing.T, ring *keys.Ring) {
	t.Helper()
	if err := ring.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func token(t *testing.T, ring *keys.Ring, now *clock) string {
	t.Helper()
	signed, err := ring.SignJWT("at+jwt", jwt.RegisteredClaims{Subject: "s", ExpiresAt: jwt.NewNumericDate(now.Now().Add(time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func verify(ring *keys.Ring, now *clock, signed string) error {
	_, err := jwt.ParseWithClaims(signed, &jwt.RegisteredClaims{}, ring.Keyfunc, jwt.WithTimeFunc(now.Now), jwt.WithExpirationRequired(), jwt.WithStrictDecoding())
	return err
}

// states lists the published states in order, and the ids by state; of the retired keys, the newest.
func states(ring *keys.Ring) (order []keys.State, ids map[keys.State]string) {
	ids = make(map[keys.State]string)
	for _, k := range ring.Keys() {
		order = append(order, k.State)
		if ids[k.State] == "" {
			ids[k.State] = k.KID
		}
	}
	return order, ids
}

func published(t *testing.T, ring *keys.Ring) []string {
	t.Helper()
	body, _ := ring.JWKS()
	var set struct {
		Keys []struct{ Kid, Kty, Crv, Alg, Use, X, Y, D string }
	}
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	var kids []string
	for _, k := range set.Keys {
		if k.Kty != "EC" || k.Crv != "P-256" || k.Alg != "ES256" || k.Use != "sig" || len(k.X) != 43 || len(k.Y) != 43 || k.D != "" {
			t.Fatalf("JWKS member is not a public ES256 key: %+v", k)
		}
		kids = append(kids, k.Kid)
	}
	return kids
}

func TestRingSurvivesRestart(t *testing.T) {
	p, now := newPlace(t)
	first := p.open(t)
	signed := token(t, first, now)
	rotate(t, first)
	body, etag := first.JWKS()

	p.opts.CreateSecret = false
	again := p.open(t)
	againBody, againETag := again.JWKS()
	if !bytes.Equal(body, againBody) || etag != againETag {
		t.Error("the JWKS changed over a restart")
	}
	if !bytes.Equal(first.HMAC("pairwise"), again.HMAC("pairwise")) {
		t.Error("a derived secret changed over a restart")
	}
	if err := verify(again, now, signed); err != nil {
		t.Errorf("a token of the retired key: %v", err)
	}
	if err := verify(first, now, token(t, again, now)); err != nil {
		t.Errorf("a token signed after the restart: %v", err)
	}
}

func TestDerivedSecretsDiffer(t *testing.T) {
	p, _ := newPlace(t)
	other, _ := newPlace(t)
	ring := p.open(t)
	a, b, c := ring.HMAC("a"), ring.HMAC("b"), other.open(t).HMAC("a")
	if len(a) != 32 || bytes.Equal(a, b) || bytes.Equal(a, c) {
		t.Error("derived secrets must have 32 bytes and differ by label and by ring")
	}
}

func TestConcurrentOpenFoundsOneRing(t *testing.T) {
	p, _ := newPlace(t)
	etags := make(chan string, 4)
	for range cap(etags) {
		go func() {
			ring, err := keys.Open(context.Background(), p.dir, p.opts)
			if err != nil {
				etags <- err.Error()
				return
			}
			_, etag := ring.JWKS()
			etags <- etag
		}()
	}
	first := <-etags
	for range cap(etags) - 1 {
		if etag := <-etags; etag != first {
			t.Errorf("two rings: %s and %s", first, etag)
		}
	}
}
