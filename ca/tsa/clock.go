package tsa

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"simtrust/internal/sqldb"
)

var (
	errJumped = errors.New("the wall clock jumped; put it right and restart")
	errBehind = errors.New("the clock is behind what other nodes, or an earlier start, gave")
	errPassed = errors.New("times up to the bound of the last start may have been given already")
)

// timekeeper gives times that may stand in tokens, in milliseconds and never one before another.
type timekeeper struct {
	clock    Clock
	db       *sqldb.DB
	log      *slog.Logger
	patience time.Duration // with the store
	signer   string        // whose row it is

	wall0 time.Time // both clocks at start
	mono0 time.Duration

	mu       sync.Mutex
	started  bool
	floor    time.Time // the bound at start: times must be past it
	bound    time.Time // what the store holds at least
	last     time.Time
	failed   error         // why the last attempt to raise the bound failed
	retry    time.Duration // when to try again, by the monotonic clock
	doubting bool
}

func newTimekeeper(d Deps, patience time.Duration, signer string) *timekeeper {
	k := &timekeeper{clock: d.Clock, db: d.DB, log: d.Log, patience: patience, signer: signer}
	k.wall0, k.mono0 = d.Clock.Read()
	return k
}

// successor keeps the time of another key by the same clock: one that jumped is not trusted the more for it.
func (k *timekeeper) successor(signer string) *timekeeper {
	return &timekeeper{clock: k.clock, db: k.db, log: k.log, patience: k.patience, signer: signer, wall0: k.wall0, mono0: k.mono0}
}

// follow has k give no time before the last one of another.
func (k *timekeeper) follow(before *timekeeper) {
	before.mu.Lock()
	last := before.last
	before.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	if last.After(k.last) {
		k.last = last
	}
}

// now returns the time, or why it is not to be trusted.
func (k *timekeeper) now(ctx context.Context) (time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, err := k.read(ctx)
	if doubting := err != nil; doubting != k.doubting {
		k.doubting = doubting
		k.log.WarnContext(ctx, "tsa: clock", "trusted", !doubting, "error", err)
	}
	return at, err
}

func (k *timekeeper) read(ctx context.Context) (time.Time, error) {
	at, err := k.steady()
	if err != nil {
		return at, err
	}
	if !k.started || at.After(k.bound) {
		if err := k.attempt(ctx, at); err != nil {
			return time.Time{}, err
		}
		if at, err = k.steady(); err != nil { // again: the store may have taken its time
			return at, err
		}
	}
	switch {
	case !at.After(k.floor):
		return time.Time{}, errPassed
	case at.After(k.bound):
		return time.Time{}, errors.New("the store was slower than the bound")
	}
	k.last = at
	return at, nil
}

// steady reads the wall clock, in milliseconds, unless it parted from the monotonic clock. Small steps back are held.
func (k *timekeeper) steady() (time.Time, error) {
	wall, mono := k.clock.Read()
	if drift := wall.Sub(k.wall0) - (mono - k.mono0); drift.Abs() > tolerance {
		return time.Time{}, errJumped
	}
	if at := wall.Truncate(time.Millisecond); at.After(k.last) {
		return at, nil
	}
	return k.last, nil
}

// attempt raises the bound. While that fails, requests do not queue for the store: one of them asks it, every now and then. Whoever
// asks does so for all, so it goes on when the client goes away.
func (k *timekeeper) attempt(ctx context.Context, at time.Time) error {
	if _, mono := k.clock.Read(); k.failed != nil && mono < k.retry {
		return k.failed
	}
	k.failed = k.raise(context.WithoutCancel(ctx), at)
	_, mono := k.clock.Read()
	k.retry = mono + pause
	return k.failed
}

// raise raises the bound in the store past at, and takes notice of where others have raised it.
func (k *timekeeper) raise(ctx context.Context, at time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, k.patience)
	defer cancel()
	var before time.Time
	err := k.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
		if before, err = readBound(ctx, tx, k.signer); err != nil || before.After(at.Add(ahead+tolerance)) {
			return err
		}
		return raiseBound(ctx, tx, k.signer, at.Add(ahead))
	})
	if err != nil {
		return err
	}
	if before.After(at.Add(ahead + tolerance)) {
		return errBehind
	}
	if !k.started {
		k.started, k.floor = true, before
	}
	k.bound = at.Add(ahead)
	return nil
}
