package status

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"simtrust/internal/sqldb"
)

// published is a list as it is served.
type published struct {
	head
	der  []byte
	etag string
}

// Publish takes over what other nodes published and publishes the lists that are due: those with changes, those past a quarter of
// their validity, and those that do not exist yet. Run does so every second. It goes on with the other lists where one fails, and
// returns all errors.
func (s *Service) Publish(ctx context.Context) error {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	heads, err := heads(ctx, s.db)
	if err != nil {
		return fmt.Errorf("status: published lists: %w", err)
	}
	var failed []error
	shards := s.shards(heads)
	for _, step := range []func(context.Context, shardKey, head) error{s.takeOver, s.publishDue} { // first serve what there is
		for _, key := range shards {
			if err := step(ctx, key, heads[key]); err != nil {
				failed = append(failed, fmt.Errorf("status: CRL %d of %s: %w", key.number, key.issuer, err))
			}
		}
	}
	return errors.Join(failed...)
}

// shards names all shards that have a list or should: those of today's configuration, those with changes, those published.
func (s *Service) shards(heads map[shardKey]head) []shardKey {
	keys := map[shardKey]bool{}
	for _, a := range s.authorities() {
		for n := range s.config.Shards {
			keys[shardKey{a.id, n}] = true
		}
	}
	s.mu.Lock()
	for key := range s.counters {
		keys[key] = true
	}
	s.mu.Unlock()
	for key := range heads {
		if _, ok := s.authority(key.issuer); ok {
			keys[key] = true
		}
	}
	return sortedKeys(maps.Keys(keys))
}

func (s *Service) publishDue(ctx context.Context, key shardKey, before head) error {
	a, _ := s.authority(key.issuer)
	if now := s.now(); !s.due(key, before, now) || !now.Before(a.notAfter) {
		return nil
	}
	return s.publish(ctx, a, key, before)
}

// due says whether a list is to be published. Changes wait a moment for others that come with them.
func (s *Service) due(key shardKey, before head, now time.Time) bool {
	age := now.Sub(before.this)
	served := s.served.get(key)
	switch {
	case served == nil: // there is none, or none that is good
		return true
	case served.number > before.number: // the store was restored from a backup: other nodes must not serve what is in it for long
		return true
	case before.ahead(now):
		return true
	case before.this.Before(s.started): // nor can a node that starts tell whether later ones were published, and the store restored since
		return true
	case s.counter(key) > before.change:
		return age < 0 || age >= publishPause
	}
	return age >= s.config.Validity/4
}

// takeOver serves the list in the store, if it is newer than the one served. A list that is not the issuer's, as after a roll-over
// under the same name, is not.
func (s *Service) takeOver(ctx context.Context, key shardKey, h head) error {
	a, _ := s.authority(key.issuer)
	switch served := s.served.get(key); {
	case h.number == 0 || served != nil && served.number == h.number:
		return nil
	case served != nil && served.number > h.number:
		s.log.ErrorContext(ctx, "status: the store holds an older CRL than was published; if it was restored from a backup, revocations since then are lost",
			"issuer", a.id, "shard", h.key.number, "stored", h.number, "published", served.number)
		return nil
	}
	h, der, ok, err := readList(ctx, s.db, h.key)
	if err != nil || !ok {
		return err
	}
	if _, err := a.readOwn(der, s.config.CRL(a.id, h.key.number)); err != nil {
		s.log.ErrorContext(ctx, "status: the stored CRL is not the issuer's; it is replaced", "issuer", a.id, "shard", h.key.number, "error", err)
		return nil
	}
	s.served.put(newPublished(h, der))
	return nil
}

func newPublished(h head, der []byte) *published {
	return &published{h, der, `"` + strconv.FormatInt(h.number, 10) + `"`}
}

// publish makes the list that follows before, checks it, stores it and serves it. Where another node was faster, its list is
// taken over the next time.
func (s *Service) publish(ctx context.Context, a *authority, key shardKey, before head) error {
	now := second(s.now())
	h := head{key: key, number: max(before.number+1, s.now().UnixMilli())}
	if before.ahead(now) { // it is followed in number alone
		before.this, before.next = time.Time{}, time.Time{}
	}
	if served := s.served.get(key); served != nil {
		h.number = max(h.number, served.number+1)
	}
	h.this = later(now, before.this)
	h.next = later(h.this.Add(s.config.Validity), before.next.Add(time.Second))
	l, err := s.listed(ctx, key, before, h.this)
	if err != nil {
		return err
	}
	h.change = l.change
	c := crl{number: h.number, this: h.this, next: h.next, address: s.config.CRL(a.id, key.number), entries: l.entries}
	der, err := a.signCRL(c)
	if err != nil {
		return err
	}
	if err := errors.Join(a.checkCRL(der, c), h.succeeds(before)); err != nil {
		return err
	}
	var stored bool
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
		stored, err = replaceList(ctx, tx, before.number, h, der)
		return err
	})
	if err == nil && stored {
		s.served.put(newPublished(h, der))
	}
	return err
}

// listed brings a shard's list up to the register and drops what was listed long enough: expired before the last list, and for
// longer than a list is valid.
func (s *Service) listed(ctx context.Context, key shardKey, before head, this time.Time) (*list, error) {
	since := this.Add(-s.config.Validity)
	if !before.this.IsZero() {
		since = earlier(since, before.this)
	}
	l := s.list(key)
	if l == nil || since.Before(l.since) {
		revocations, change, err := s.register.Revocations(ctx, key.issuer, key.number, since)
		if err != nil {
			return nil, err
		}
		l = &list{}
		if err := l.merge(revocations, change); err != nil {
			return nil, err
		}
	} else if err := s.advance(ctx, key, l); err != nil {
		return nil, err
	}
	l.prune(since)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[key] = l
	return l, nil
}

func (s *Service) list(key shardKey) *list {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists[key]
}

// advance brings a list from its counter to today.
func (s *Service) advance(ctx context.Context, key shardKey, l *list) error {
	changes, err := s.register.Changes(ctx, key.issuer, key.number, l.change)
	if err != nil {
		return err
	}
	change := l.change
	for _, c := range changes {
		change = max(change, c.Change)
	}
	return l.merge(changes, change)
}
