package status

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"simtrust/ca"
	"simtrust/internal/sqldb"
)

var (
	errDelegateEnded = errors.New("the OCSP delegate's certificate has ended")
	errRegister      = errors.New("the register answers something else")
)

// Service answers OCSP requests and publishes CRLs. Its methods are safe for concurrent use.
type Service struct {
	db       *sqldb.DB
	register Register
	log      *slog.Logger
	now      func() time.Time
	started  time.Time // to the second
	config   Config

	issuers atomic.Pointer[issuers]
	metrics *metrics

	watching   sync.Mutex
	followed   map[string]bool // issuers that were looked at; under watching
	watched    atomic.Int64    // when the last look at all issuers began, nanoseconds since 1970
	wake       chan struct{}
	away       atomic.Bool // the register did not answer the last question
	publishing sync.Mutex

	mu       sync.Mutex
	counters map[shardKey]int64 // of shards that changed, as last looked at
	lists    map[shardKey]*list

	served served
}

// New returns the service for all issuers of a hierarchy, those that no longer issue among them. It fails where the key of an
// issuer or of its OCSP delegate is not that of the certificate, and where clients would not accept the delegate.
func New(d Deps, h *ca.Hierarchy, c Config) (*Service, error) {
	c.Validity = cmp.Or(c.Validity, 24*time.Hour)
	c.Answers = cmp.Or(c.Answers, 32768)
	c.Patience = cmp.Or(c.Patience, 2*time.Second)
	if c.CRL == nil || c.Shards <= 0 || c.Validity < time.Minute {
		return nil, errors.New("status: CRLs need addresses, a number of shards and a validity of at least a minute")
	}
	s := &Service{
		db: d.DB, register: d.Register, log: d.Log, now: d.Now, started: second(d.Now()), config: c,
		metrics: newMetrics(), followed: map[string]bool{}, wake: make(chan struct{}, 1),
		counters: map[shardKey]int64{}, lists: map[shardKey]*list{}, served: served{lists: map[shardKey]*published{}},
	}
	s.issuers.Store(&issuers{byID: map[string]*authority{}})
	takeOver, err := s.Prepare(h)
	if err != nil {
		return nil, err
	}
	takeOver()
	return s, nil
}

// Run watches the register, renews answers and publishes lists until ctx ends. What fails is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, task := range []struct {
		name  string
		every time.Duration
		work  func(context.Context) error
		wake  <-chan struct{}
	}{
		{"watch", watchEvery, s.Watch, s.wake},
		{"publish", publishEvery, s.Publish, nil},
		{"renew", renewEvery, s.Renew, nil},
	} {
		running.Go(func() { s.repeat(ctx, task.name, task.every, task.work, task.wake) })
	}
	running.Wait()
	return nil
}

// repeat does work at once, and again after every pause and when woken.
func (s *Service) repeat(ctx context.Context, name string, every time.Duration, work func(context.Context) error, wake <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	failing := false
	for {
		err := work(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err != nil) != failing {
			failing = err != nil
			s.log.WarnContext(ctx, "status: "+name, "failing", failing, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-wake:
		}
	}
}

// served are the lists that this node serves. A list is replaced as a whole.
type served struct {
	mu    sync.RWMutex
	lists map[shardKey]*published
}

func (s *served) get(key shardKey) *published {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lists[key]
}

func (s *served) put(p *published) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[p.key] = p
}

func sortedKeys(keys iter.Seq[shardKey]) []shardKey {
	return slices.SortedFunc(keys, func(a, b shardKey) int {
		return cmp.Or(cmp.Compare(a.issuer, b.issuer), cmp.Compare(a.number, b.number))
	})
}
