package maap

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"simtrust/internal/panics"
)

// token is an access token.
type token struct {
	value string
	// fresh is until when it is used.
	fresh time.Time
}

// renewal is how long before its end a token is replaced, at most: that long a request may be under way with it.
const renewal = 5 * time.Minute

// lasting is a token with a life, replaced when nine tenths of it are over or [renewal] is left.
func lasting(value string, now time.Time, life time.Duration) token {
	return token{value, now.Add(life - min(renewal, life/10))}
}

// tokens keeps the access token of an account. Where a platform makes each new token end the former, as the Chinese interface does, two
// renewals at once would undo each other: there is one at a time, and the others wait for it. What nodes share is in safe.
type tokens struct {
	// fetch asks for a token in place of old, which is spoilt, about to end, or empty.
	fetch func(ctx context.Context, old string) (token, error)
	now   func() time.Time

	mu      sync.Mutex
	current token
	flight  singleflight.Group
}

// get returns a token other than spoilt, which is one that the platform refused; empty: none was.
func (t *tokens) get(ctx context.Context, spoilt string) (string, error) {
	have := t.have()
	if t.good(have, spoilt) {
		return have.value, nil
	}
	// Whoever asked first may give up; those who wait with it still want the token.
	renewed := t.flight.DoChan(have.value, func() (value any, err error) {
		err = panics.Contained(func() (err error) { value, err = t.renew(context.WithoutCancel(ctx), have.value); return err })
		return value, err
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-renewed:
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(string), nil
	}
}

func (t *tokens) good(have token, spoilt string) bool {
	return have.value != "" && have.value != spoilt && t.now().Before(have.fresh)
}

func (t *tokens) have() token {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current
}

// tokenTime bounds one renewal.
const tokenTime = 10 * time.Second

// renew replaces the token old, unless another renewal has done so since the caller looked.
func (t *tokens) renew(ctx context.Context, old string) (string, error) {
	if have := t.have(); have.value != old && t.good(have, old) {
		return have.value, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTime)
	defer cancel()
	fresh, err := t.fetch(ctx, old)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current = fresh
	return fresh.value, nil
}
