package rpc

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-kit/kit/endpoint"
	"golang.org/x/time/rate"

	"simtrust"
)

// Rate is a token bucket: so many requests a second, and how many at once. The zero Rate does not limit.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits are rates per client and per number. The first stops a client that walks through numbers, the second stops many
// clients that watch one.
type Limits struct {
	Client Rate
	Number Rate
}

// Limited is implemented by a request about a number: LimitKey is that number (or another subject), or "" where the request
// leaves it to the token, whose tenure then counts.
type Limited interface{ LimitKey() string }

// Pace limits how often something is done for one key: what a raw handler, which no [Limits] reach, knows only on its way. The zero
// Rate does not limit.
type Pace struct {
	limiter *limiter
	rate    Rate
}

// NewPace returns a Pace of r.
func NewPace(r Rate, now func() time.Time) *Pace { return &Pace{newLimiter(Limits{}, now), r} }

// Take counts one more for key, or returns a KindLimited error.
func (p *Pace) Take(key string) error { return p.limiter.take(p.rate, "", key) }

// maxBuckets bounds each generation of buckets: at some 150 bytes a bucket, two generations stay below 20 MB.
const maxBuckets = 1 << 16

// limiter keeps the buckets of one set of limits. Keys are hashed under a seed of this process: no number is stored, and nobody
// outside can choose keys that collide.
type limiter struct {
	limits  Limits
	now     func() time.Time
	seed    maphash.Seed
	mu      sync.Mutex
	buckets map[uint64]*rate.Limiter
	older   map[uint64]*rate.Limiter
}

func newLimiter(l Limits, now func() time.Time) *limiter {
	return &limiter{limits: l, now: now, seed: maphash.MakeSeed(), buckets: map[uint64]*rate.Limiter{}}
}

// limiterOf returns the limiter of o: the router's, or its own where an option gave it other limits.
func (r *Router) limiterOf(o *operation) *limiter {
	if o.limits == nil {
		return r.shared
	}
	return newLimiter(*o.limits, r.cfg.Now)
}

// middleware is the part of the endpoint ring that needs the decoded request.
func (l *limiter) middleware(next endpoint.Endpoint) endpoint.Endpoint {
	if l.limits == (Limits{}) {
		return next
	}
	return func(ctx context.Context, req any) (any, error) {
		c, _ := CallerFrom(ctx)
		if err := l.take(l.limits.Client, "client:", c.Client); err != nil {
			return nil, err
		}
		if subject, ok := req.(Limited); ok {
			if err := l.take(l.limits.Number, "number:", subjectKey(subject, c)); err != nil {
				return nil, err
			}
		}
		return next(ctx, req)
	}
}

func subjectKey(req Limited, c Caller) string {
	if key := req.LimitKey(); key != "" {
		return key
	}
	return string(c.Tenure)
}

// take spends one token of the key's bucket or returns a KindLimited error. An empty key is not limited.
func (l *limiter) take(r Rate, space, key string) error {
	if r == (Rate{}) || key == "" {
		return nil
	}
	now := l.now()
	res := l.bucket(r, space, key).ReserveN(now, 1)
	wait := res.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	res.CancelAt(now)
	return &simtrust.Error{
		Kind: simtrust.KindLimited, Reason: ReasonTooManyRequests, Msg: "too many requests; try again later", Err: retryAfter{wait},
	}
}

// bucket finds or makes the bucket of a key. When a generation is full the one before it is dropped: what is lost are buckets
// that nobody touched while maxBuckets others came.
func (l *limiter) bucket(r Rate, space, key string) *rate.Limiter {
	var h maphash.Hash
	h.SetSeed(l.seed)
	_, _ = h.WriteString(space)
	_, _ = h.WriteString(key)
	id := h.Sum64()

	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[id]; b != nil {
		return b
	}
	b := l.older[id]
	if b == nil {
		b = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
	}
	if len(l.buckets) >= maxBuckets {
		l.older, l.buckets = l.buckets, make(map[uint64]*rate.Limiter, maxBuckets)
	}
	l.buckets[id] = b
	return b
}
