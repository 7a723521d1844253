package app

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/sqldb"
)

const (
	renewalCheck = 12 * time.Hour   // how often OCSP delegates and CRLs of roots are looked at for their end
	lookEvery    = time.Second      // how often the manifest is
	retryAfter   = 15 * time.Second // for a hierarchy that was refused
)

// defaultLead lets all nodes look several times, and the only one of an embedded store publish its first lists.
var defaultLead = map[sqldb.Dialect]time.Duration{sqldb.SQLite: 2 * time.Second, sqldb.PostgreSQL: 10 * time.Second}

// follower lets a running node take over what ceremonies add: issuing CAs at their roll-over, renewed and replaced delegates.
//
//	the manifest changed ─▶ read and prove all of it, every part prepares for it ─▶ its certificates have a status and are published
//	                                    │ anything is wrong                            │ after the lead, by which other nodes know too
//	                                    ▼                                              ▼
//	                     all goes on under the one before                      certificates and stamps are made under it
type follower struct {
	*hierarchy
	parts *authority
	log   *slog.Logger
	lead  time.Duration

	// Those of run alone.
	renewal, retry time.Time
	second         func() // the second half of a take-over, due after the lead
	due            time.Time

	problem atomic.Pointer[string] // why what is on disk was refused; nil: it was not
}

// run looks until ctx ends.
func (f *follower) run(ctx context.Context) error {
	f.renewal = time.Now().Add(renewalCheck)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			f.look(ctx, now)
		}
	}
}

// look does what is due.
func (f *follower) look(ctx context.Context, now time.Time) {
	if now.After(f.renewal) {
		f.renewal = now.Add(renewalCheck)
		if _, err := f.ceremony.Renew(ctx); err != nil {
			f.log.ErrorContext(ctx, "certificate authority: delegates and lists were not renewed", "error", err)
		}
	}
	if now.After(f.retry) {
		f.follow(ctx, now)
	}
	if f.second != nil && !now.Before(f.due) {
		f.second()
		f.second = nil
		f.log.InfoContext(ctx, "certificate authority: the hierarchy took over", "manifest", f.now.Load().fingerprint, "issuing", issuing(f.parts.Hierarchy()))
	}
}

// follow takes what is on disk over, if it is another than the one in use.
func (f *follower) follow(ctx context.Context, now time.Time) {
	fingerprint, err := ceremony.Fingerprint(f.ceremony.Dir)
	if err == nil && fingerprint != f.now.Load().fingerprint {
		err = f.takeOver(ctx, now)
	}
	if err == nil {
		f.problem.Store(nil)
		return
	}
	if ctx.Err() != nil {
		return
	}
	text := err.Error()
	if before := f.problem.Swap(&text); before == nil || *before != text {
		f.log.ErrorContext(ctx, "certificate authority: the hierarchy on disk was refused; the one before goes on", "error", err)
	}
	f.retry = now.Add(retryAfter)
}

// takeOver has every part prepare before any changes, so that nothing changes where one cannot.
func (f *follower) takeOver(ctx context.Context, now time.Time) error {
	read, err := f.read(ctx)
	if err != nil {
		return err
	}
	known, err := f.parts.status.Prepare(read.Hierarchy)
	if err != nil {
		return err
	}
	issue, err := f.parts.Prepare(read.Hierarchy)
	if err != nil {
		return err
	}
	stamp := func() {}
	if f.parts.stamps != nil { // a first delegate is taken over by the next start, which mounts the service
		if stamp, err = f.parts.stamps.Prepare(ctx, read.Hierarchy); err != nil {
			return err
		}
	}
	known()
	f.now.Store(read)
	f.second, f.due = func() { stamp(); issue() }, now.Add(f.lead)
	return nil
}

// issuing names the issuers that new certificates come from.
func issuing(h *ca.Hierarchy) (ids []string) {
	for _, i := range h.Issuers {
		if i.Active {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
