package oidc

import (
	"crypto/sha256"
	"sync"
	"time"
)

// verifiedTokens remembers for a short time which tokens have a good signature, by their hash. It answers that question alone:
// revocation, application and tenure are asked at every use. Two generations bound it: when the young one is full or old, it
// becomes the old one and the old one is dropped.
type verifiedTokens struct {
	mu         sync.Mutex
	young, old map[tokenHash]*accessClaims
	began      time.Time
}

type tokenHash = [sha256.Size]byte

const (
	maxVerified  = 8192 // per generation
	verifiedLife = 30 * time.Second
)

func (v *verifiedTokens) get(key tokenHash, now time.Time) (*accessClaims, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn(now)
	c, ok := v.young[key]
	if !ok {
		c, ok = v.old[key]
	}
	return c, ok && now.Unix() < c.Expires
}

func (v *verifiedTokens) put(key tokenHash, c *accessClaims, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.turn(now)
	v.young[key] = c
}

func (v *verifiedTokens) turn(now time.Time) {
	if age := now.Sub(v.began); len(v.young) >= maxVerified || age >= verifiedLife || age < 0 || v.young == nil {
		v.old, v.young, v.began = v.young, map[tokenHash]*accessClaims{}, now
	}
}
