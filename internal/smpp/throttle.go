package smpp

import (
	"context"
	"sync"
	"time"
)

// throttle holds back what is sent while the service centre says that it is too much.
type throttle struct {
	min, max time.Duration

	mu    sync.Mutex
	wait  time.Duration // the last one; 0 when nothing was refused since
	until time.Time
}

// pass returns when sending is allowed, with the time of that.
func (t *throttle) pass(ctx context.Context) (time.Time, error) {
	for {
		now := time.Now()
		left := t.left(now)
		if left <= 0 {
			return now, nil
		}
		if err := sleep(ctx, left); err != nil {
			return now, err
		}
	}
}

func (t *throttle) left(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.until.Sub(now)
}

// heed takes note of the answer to what passed at a time. The refusals of one window count as one.
func (t *throttle) heed(congested bool, passed time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if passed.Before(t.until) {
		return
	}
	if !congested {
		t.wait = 0
		return
	}
	t.wait = min(max(2*t.wait, t.min), t.max)
	t.until = time.Now().Add(t.wait)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
