package tlog

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// Service is the log. Its methods are safe for concurrent use; Run runs once.
type Service struct {
	db       *sqldb.DB
	register Register
	log      *slog.Logger
	now      func() time.Time
	config   Config
	holder   string // this process, in the lease
	guard    *guard
	key      string
	wake     chan struct{}
	places   *sqldb.Coalescer[[]entry, struct{}]

	// The writer's state, of Run alone.
	writer *writer
	until  time.Time // of the lease
}

// New returns the log; Close releases it. It does not touch the folder: Run does.
func New(d Deps, c Config) (*Service, error) {
	signer, key, err := newKeys(c.Origin, c.Seed)
	if err != nil {
		return nil, err
	}
	s := &Service{db: d.DB, register: d.Register, log: d.Log, now: d.Now, config: c, holder: simtrust.NewID("log"), key: key,
		wake: make(chan struct{}, 1)}
	s.guard = &guard{Signer: signer, s: s}
	s.places = sqldb.NewCoalescer(d.DB, "tlog.sequence", sequence, sqldb.WithWorkers(1)) // a second would wait for the head
	return s, nil
}

// Close stops the module's worker.
func (s *Service) Close() { s.places.Close() }

// VerifierKey verifies checkpoints, in the form of C2SP signed-note: name, key hash and key with plus signs between.
func (s *Service) VerifierKey() string { return s.key }

// Issued gives certificates their places in the log, those aside that have one. It is the handler of ca's event.
func (s *Service) Issued(ctx context.Context, e ca.Issued) error {
	entries := make([]entry, len(e.Certificates))
	for i, c := range e.Certificates {
		var err error
		if entries[i], err = newEntry(c); err != nil {
			return err
		}
	}
	return s.place(ctx, entries)
}

// Record gives a receipt its place in the log, unless it has one.
func (s *Service) Record(ctx context.Context, r Receipt) error {
	e, err := r.entry()
	if err != nil {
		return err
	}
	return s.place(ctx, []entry{e})
}

func (s *Service) place(ctx context.Context, entries []entry) error {
	if _, err := s.places.Do(ctx, entries); err != nil {
		return err
	}
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// Run writes the log while this process holds the lease, until ctx ends. What fails is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	defer s.resign(context.WithoutCancel(ctx))
	last := ""
	for {
		err := s.work(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if text := describe(err); text != last {
			last = text
			s.log.WarnContext(ctx, "tlog: writing the log", "failing", err != nil, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// work appends all there is, if this process is the writer or can become it.
func (s *Service) work(ctx context.Context) error {
	for more := true; more; {
		held, err := s.hold(ctx)
		if err != nil || !held {
			s.shut()
			return err
		}
		if s.writer == nil {
			if s.writer, err = s.open(ctx); err != nil {
				s.writer = nil
				return err
			}
		}
		if more, err = s.writer.feed(ctx); err != nil {
			s.shut() // what the folder holds is looked at again
			return err
		}
	}
	return nil
}

// hold takes or renews the lease.
func (s *Service) hold(ctx context.Context) (bool, error) {
	now := s.now()
	if s.until.Sub(now) > leaseLeft {
		return true, nil
	}
	until := now.Add(leaseTime)
	held, err := takeLease(ctx, s.db, s.holder, now, until)
	if err != nil || !held {
		s.until = time.Time{}
		return false, err
	}
	s.until = until
	return true, nil
}

func (s *Service) shut() {
	if s.writer != nil {
		s.writer.close()
		s.writer = nil
	}
}

// resign lets another node write at once.
func (s *Service) resign(ctx context.Context) {
	s.shut()
	ctx, cancel := context.WithTimeout(ctx, signPatience)
	defer cancel()
	if err := dropLease(ctx, s.db, s.holder); err != nil {
		s.log.WarnContext(ctx, "tlog: the lease runs out by itself", "error", err)
	}
}
