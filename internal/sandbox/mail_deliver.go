package sandbox

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	mailParallel = 16
	mailAgain    = 200 * time.Millisecond // where the server could not verify a statement
	mailIdle     = time.Minute
)

// run brings messages to phones as these come within reach, and ends those that nobody can get any more, until ctx ends.
func (m *mail) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := m.changes()
		timer := time.NewTimer(m.deliver(ctx))
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// deliver goes through what waits, and returns when it has to look again at the latest.
func (m *mail) deliver(ctx context.Context) time.Duration {
	ready, ends, next := m.due()
	fates := m.verifyAll(ctx, ready)
	if len(fates) < len(ready) {
		next = mailAgain
	}
	now := m.now()
	for _, msg := range ends {
		fates[msg.ID] = msg.end(now)
	}
	if err := m.settleAll(append(ready, ends...), fates); err != nil {
		m.log.Error("messages of the sandbox cannot be kept", "error", err)
		return mailIdle
	}
	return next
}

// settleAll gives messages that still wait their fates.
func (m *mail) settleAll(list []*message, fates map[string]fate) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []entry
	for _, msg := range list {
		if f, ok := fates[msg.ID]; ok && m.waiting[msg.ID] != nil { // it may have been revoked meanwhile
			entries = append(entries, entry{Changed: &change{msg.ID, f}})
		}
	}
	return m.write(entries...)
}

// due lists what can be delivered, oldest first, what has come to its end, and for how long nothing else expires.
func (m *mail) due() (ready, ends []*message, next time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	next = mailIdle
	for _, msg := range m.waiting {
		tenure, d := m.phone(msg.Number)
		switch {
		case tenure != msg.Tenure || msg.over(now):
			ends = append(ends, msg)
		case d.Online && (d.RCS || msg.SMS != nil):
			ready = append(ready, msg)
		case !msg.Expires.IsZero():
			next = min(next, msg.Expires.Sub(now))
		}
	}
	slices.SortFunc(ready, func(a, b *message) int { return a.Taken.Compare(b.Taken) })
	return ready, ends, next
}

func (msg *message) over(now time.Time) bool { return !msg.Expires.IsZero() && !msg.Expires.After(now) }

// end is the fate of a message that is not delivered: it is too late, or the person does not have the number any more.
func (msg *message) end(now time.Time) fate {
	if msg.over(now) {
		return fate{State: mailExpired, At: now}
	}
	return fate{State: mailFailed, At: now}
}

// verifyAll has statements checked, and returns the fates of those messages of which that is done.
func (m *mail) verifyAll(ctx context.Context, list []*message) map[string]fate {
	out := make(map[string]fate, len(list))
	var mu sync.Mutex
	var work sync.WaitGroup
	turns := make(chan struct{}, mailParallel)
	for _, msg := range list {
		turns <- struct{}{}
		work.Go(func() {
			defer func() { <-turns }()
			good, err := m.verified(ctx, msg)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out[msg.ID] = fate{State: mailDelivered, At: m.now(), Verified: good}
		})
	}
	work.Wait()
	return out
}

func (m *mail) verified(ctx context.Context, msg *message) (bool, error) {
	if msg.Statement == "" {
		return false, nil
	}
	return m.verify(ctx, msg)
}
