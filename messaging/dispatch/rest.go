package dispatch

import (
	"sync"
	"time"
)

// Rest is for how long somebody who takes copies wants to be left alone, on this node; the zero value: not at all. Its methods are safe for
// concurrent use.
type Rest struct {
	mu    sync.Mutex
	until time.Time
	again int // how often in a row it was asked for without saying for how long
}

// The time to be left alone where none is said, which doubles, and the longest.
const (
	firstRest = 250 * time.Millisecond
	longRest  = 30 * time.Second
)

// Left is for how much longer; 0: it is over.
func (r *Rest) Left(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.until.Sub(now), 0)
}

// Ask asks for a time from now on, up to 30 s; 0: for longer than last time. It returns what is left then.
func (r *Rest) Ask(now time.Time, asked time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if asked <= 0 && !r.until.After(now) { // else those who were asked at the same time said so too
		asked = firstRest << min(r.again, 20)
		r.again++
	}
	if until := now.Add(min(asked, longRest)); until.After(r.until) {
		r.until = until
	}
	return r.until.Sub(now)
}

// Taken notes that a copy was taken, so that times begin with the shortest again.
func (r *Rest) Taken() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.again = 0
}
