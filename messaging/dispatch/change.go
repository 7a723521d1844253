package dispatch

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

// fact is something that happened to a delivery, to be made durable.
type fact struct {
	event
	delivery string
	// lease is the number of the lease under which it was found out; 0: that does not matter. Under one that has run out it is void.
	lease int64
	// at is when it happened; zero: now.
	at time.Time
	// bearer and ref name the copy: beside delivery, for a reference that is to be known from now on; without, for one that was told
	// before.
	bearer, ref string
	// channel is the copy's, where it is known.
	channel Channel
	fate    Fate
}

// change makes facts durable and tells the listener, all that were found out at once in one transaction. The answer says of each fact
// whether it holds: false for one whose lease has run out, or that came too late to change anything.
func (s *Service) change(ctx context.Context, tx *sqldb.Tx, batch [][]fact) ([]sqldb.Result[[]bool], error) {
	w := work{s: s, now: s.now(), rows: map[string]*stored{}}
	all := slices.Concat(batch...)
	if err := w.resolve(ctx, tx, all); err != nil {
		return nil, err
	}
	if err := w.lock(ctx, tx, all); err != nil {
		return nil, err
	}
	held := make([]bool, len(all))
	for i := range all {
		held[i] = w.apply(&all[i])
	}
	if err := w.write(ctx, tx, all); err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[[]bool], len(batch))
	for i, facts := range batch {
		results[i].Value, held = held[:len(facts):len(facts)], held[len(facts):]
	}
	return results, nil
}

// stored is a locked row with what is known of its message.
type stored struct {
	row
	chatbot string
	class   Class
	route   *route
	dirty   bool
}

// work is one transaction of changes.
type work struct {
	s       *Service
	now     time.Time
	rows    map[string]*stored
	begun   []Update // copies that are about to be handed over
	updates []Update
	wake    map[Channel]bool
}

// apply takes a fact into account.
func (w *work) apply(f *fact) bool {
	d := w.rows[f.delivery]
	switch {
	case d == nil || f.lease != 0 && f.lease != d.claims:
		return false
	case f.fate != "" && !w.s.carries(f.bearer, d.route):
		return false // a bearer speaks of its own copies only
	}
	if d.revoking && d.Halt == running {
		w.step(d, event{kind: revoke}, "", w.now)
	}
	at := w.now
	if !f.at.IsZero() && f.at.Before(at) {
		at = f.at
	}
	if f.channel == "" {
		f.channel = d.channelOf(f.attempt)
	}
	return w.step(d, f.event, f.channel, at)
}

// step moves a delivery on, by something that happened on a channel or none in particular, and reports whether that changed anything.
func (w *work) step(d *stored, e event, on Channel, at time.Time) bool {
	before, e := d.position, w.dated(d, e)
	p, when := d.route.next(before, e)
	if p == before && when == asBefore {
		return false
	}
	risen := p.State != before.State
	d.position, d.dirty, d.changed = p, true, w.now.UnixMilli()
	switch {
	case p.Phase == done && risen && on != "":
		d.channel = on
	case p.Phase != done || risen:
		d.channel = d.route.steps[p.step()].channel
	}
	if w.schedule(d, when, e.after); p.Phase == done {
		d.due = ended
	}
	if p.Attempt > before.Attempt {
		w.begun = append(w.begun, d.update(at))
	}
	if risen && before.impliesTaken(e) {
		taken := d.update(at)
		taken.State = StateSubmitted
		w.updates = append(w.updates, taken)
	}
	if risen || e.kind == accepted && p.State == StateSubmitted {
		w.updates = append(w.updates, d.update(at))
	}
	return true
}

// impliesTaken reports whether an event says that a copy arrived which nobody had said was taken: reports may overtake the answer.
func (p position) impliesTaken(e event) bool {
	switch {
	case e.kind != delivered && e.kind != displayed:
		return false
	case p.State == StateQueued:
		return true
	}
	return e.attempt == p.pending() && (p.Phase == submitting || p.Phase == asking && !e.over)
}

// dated is an event with how late it is.
func (w *work) dated(d *stored, e event) event {
	now := w.now.UnixMilli()
	after := d.route.steps[d.Step].after.Milliseconds()
	e.late = after > 0 && now >= d.queued+after
	e.stale, e.over = now >= d.expires, now >= w.end(d)
	return e
}

// carries reports whether a bearer has part in a route.
func (s *Service) carries(bearer string, r *route) bool {
	return slices.ContainsFunc(r.steps, func(l leg) bool { return s.lanes[l.channel] != nil && s.lanes[l.channel].name == bearer })
}

// end is when a delivery is not waited for any longer.
func (w *work) end(d *stored) int64 { return d.expires + w.s.cfg.Grace.Milliseconds() }

// schedule says when a delivery is looked at again; after is how long it is put off, where it is.
func (w *work) schedule(d *stored, when wait, after time.Duration) {
	now := w.now.UnixMilli()
	switch when {
	case asBefore, underLease:
	case atOnce:
		d.due = now
		if d.Phase == waiting {
			d.queued = now
		}
		w.wakes(d.channel)
	case inPlace:
		d.due = d.queued
	case aWhile:
		d.due = min(now+pause(d.Tries).Milliseconds(), w.limit(d))
	case putOff:
		d.due = min(now+d.absence(after).Milliseconds(), w.limit(d))
	case forStep:
		d.due = now + d.route.steps[d.Via].after.Milliseconds()
		if d.due >= d.expires {
			d.due = w.end(d)
		}
	case toTheEnd:
		d.due = w.end(d)
	}
}

// limit is when a pause is over at the latest.
func (w *work) limit(d *stored) int64 {
	if d.Phase == waiting {
		return d.expires
	}
	return w.end(d)
}

func (w *work) wakes(c Channel) {
	if w.wake == nil {
		w.wake = map[Channel]bool{}
	}
	w.wake[c] = true
}

// Pauses grow from the first to the longest.
const (
	firstPause = 2 * time.Second
	longPause  = 5 * time.Minute
)

func pause(tries int) time.Duration { return min(firstPause<<min(max(tries-1, 0), 20), longPause) }

// absence is how long a delivery is put off of which a bearer wants to see nothing for a time. What is not urgent stays away longer each time, so
// that a long queue for a bearer that takes nothing leaves the channel to others, and not all for the same time, so that they do not come back at
// once.
func (d *stored) absence(asked time.Duration) time.Duration {
	asked = min(asked, longRest)
	if d.route.urgent {
		return asked
	}
	longest := pause(d.Tries)
	return max(asked, longest/2+rand.N(longest/2))
}

// channelOf is the channel of a copy; empty where it is not one of those that may arrive.
func (d *stored) channelOf(attempt int) Channel {
	switch {
	case attempt == 0:
		return ""
	case attempt == d.Attempt:
		return d.route.steps[d.Via].channel
	case attempt == d.Doubted:
		return d.route.steps[d.DoubtVia].channel
	}
	return ""
}

func (d *stored) update(at time.Time) Update {
	return Update{
		Delivery: d.id, Message: d.message, Chatbot: d.chatbot, Key: d.name, Tenure: d.tenure, Class: d.class,
		State: d.State, Channel: d.channel, Reason: d.Reason, PossibleDuplicate: d.Duplicate, At: at,
	}
}
