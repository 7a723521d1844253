package dispatch

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// truth is what really became of a copy, which the machine does not see.
type truth byte

const (
	none    truth = iota
	calling       // the bearer is being asked
	taken         // the bearer has it: it may arrive
	dead          // it will not arrive
	never         // nor did the bearer ever have it
	arrived
)

// most is how many copies the model looks at.
const most = 3

// moment is how late it is for a delivery.
type moment byte

const (
	early  moment = iota
	late          // the step has had its time
	stale         // the message has expired
	beyond        // so has the grace
)

// world is a delivery with everything around it. Worlds are compared, so that each is looked at once.
type world struct {
	p       position
	copies  [most + 1]truth
	hasty   bool // the machine waits for the step's time, not for the end
	at      moment
	doubled int  // how often a copy was made while the one before it could arrive
	revoked bool // the sender asked for it back
	landed  bool // a delivery was reported
}

// happening is an event and the world it happens in.
type happening struct {
	e     event
	after world // without what the machine makes of it
}

func (w world) with(e event, change func(*world)) happening {
	e.late, e.stale, e.over = w.at >= late, w.at >= stale, w.at >= beyond
	if change != nil {
		change(&w)
	}
	return happening{e, w}
}

// happenings are all that can happen next, time and crashes included.
func (w world) happenings() (all []happening) {
	add := func(e event, change func(*world)) { all = append(all, w.with(e, change)) }
	if w.at < beyond {
		add(event{}, func(n *world) { n.at++ })
	}
	if !w.revoked {
		add(event{kind: revoke}, func(n *world) { n.revoked = true })
	}
	w.byNode(add)
	for a := 1; a <= most; a++ {
		w.byBearer(a, add)
	}
	return all
}

// byNode are the events of the node with the lease: its looks, its submissions, its crashes.
func (w world) byNode(add func(event, func(*world))) {
	switch w.p.Phase {
	case waiting:
		if w.p.Attempt < most {
			a := w.p.Attempt + 1
			add(event{kind: began}, func(n *world) { n.copies[a] = calling })
		}
		for _, k := range []kind{barred, unreachable, deferred, away, lapsed} {
			add(event{kind: k, reason: "r"}, nil)
		}
	case submitting: // a crash, before or after the call
		a := w.p.Attempt
		for _, t := range []truth{taken, never, calling} {
			add(event{kind: lapsed}, func(n *world) {
				if n.copies[a] == calling {
					n.copies[a] = t
				}
			})
		}
	case submitted:
		if w.hasty && w.at >= late || w.at == beyond {
			add(event{kind: lapsed}, nil)
		}
	case asking:
		add(event{kind: untold, attempt: w.p.pending()}, nil)
		w.found(w.p.pending(), add)
	case cancelling:
		a := w.p.pending()
		add(event{kind: unheard, attempt: a}, nil)
		add(event{kind: tooLate, attempt: a}, nil)
		if w.copies[a] == taken {
			add(event{kind: recalled, attempt: a}, func(n *world) { n.copies[a] = dead })
		}
	}
}

// found are the answers to a query that are true.
func (w world) found(a int, add func(event, func(*world))) {
	switch w.copies[a] {
	case taken, arrived:
		add(event{kind: accepted, attempt: a}, nil)
	case never:
		add(event{kind: notTaken, attempt: a}, nil)
	}
}

// byBearer are the bearer's answers to the submission of a copy, which may come late, and its reports, which may come any number of
// times, or after an expiry that was one by mistake.
func (w world) byBearer(a int, add func(event, func(*world))) {
	set := func(t truth) func(*world) { return func(n *world) { n.copies[a] = t } }
	w.byAnswer(a, add)
	switch w.copies[a] {
	case taken:
		add(event{kind: delivered, attempt: a}, func(n *world) { n.copies[a], n.landed = arrived, true })
		add(event{kind: displayed, attempt: a}, func(n *world) { n.copies[a], n.landed = arrived, true })
		add(event{}, set(arrived)) // and the report is lost
		add(event{kind: failed, attempt: a}, set(dead))
		add(event{kind: expired, attempt: a}, set(dead))
		add(event{}, set(dead)) // and the report is lost
	case dead:
		add(event{kind: failed, attempt: a}, nil)
		add(event{kind: expired, attempt: a}, nil)
	case arrived:
		add(event{kind: delivered, attempt: a}, func(n *world) { n.landed = true })
		add(event{kind: displayed, attempt: a}, func(n *world) { n.landed = true })
		if w.landed {
			add(event{kind: expired, attempt: a}, nil)
			add(event{kind: failed, attempt: a}, nil)
		}
	}
}

// byAnswer are the bearer's answers, which a node may be slow to process, and which may come again.
func (w world) byAnswer(a int, add func(event, func(*world))) {
	answer := func(k kind, t truth) { add(event{kind: k, attempt: a}, func(n *world) { n.copies[a] = t }) }
	switch w.copies[a] {
	case calling:
		answer(accepted, taken)
		answer(accepted, arrived) // its report is faster, or lost
		answer(failed, dead)
		answer(absent, dead)
		answer(throttled, never)
		answer(lost, taken)
		answer(lost, never)
	case taken, arrived, dead:
		answer(accepted, w.copies[a])
	case never:
		answer(throttled, never)
		answer(failed, never)
	}
}

// open are the copies before the n-th that have arrived or may yet.
func (w world) open(n int) (count int) {
	for a := 1; a < n && a <= most; a++ {
		if t := w.copies[a]; t == calling || t == taken || t == arrived {
			count++
		}
	}
	return count
}

// model walks through every world that can come to be, and holds each step against what is promised.
type model struct {
	r     *route
	seen  map[world]bool
	queue []world
	fail  func(format string, args ...any)
}

func (m *model) run() {
	start := world{p: position{State: StateQueued, Phase: waiting}}
	m.queue, m.seen = []world{start}, map[world]bool{start: true}
	for len(m.queue) > 0 {
		w := m.queue[0]
		m.queue = m.queue[1:]
		m.ends(w)
		for _, h := range w.happenings() {
			m.follow(w, h)
		}
	}
}

func (m *model) follow(w world, h happening) {
	n, e := h.after, h.e
	if e.kind == "" {
		m.visit(n)
		return
	}
	p, when := m.r.next(w.p, e)
	if when != asBefore {
		n.hasty = when == forStep
	}
	switch {
	case p.Attempt > w.p.Attempt && n.open(p.Attempt) > n.open(w.p.Attempt):
		n.doubled++
	case p.Attempt == w.p.Attempt && e.kind == began:
		n.copies = w.copies // no copy was made
	}
	n.p = p
	m.check(w, e, n, when)
	if n.p.Reason = ""; n.p.Phase != cancelling {
		n.p.Tries = 0 // which only a pause depends on
	}
	m.visit(n)
}

func (m *model) visit(w world) {
	if !m.seen[w] {
		m.seen[w] = true
		m.queue = append(m.queue, w)
	}
}

// check holds a step against the promises, in words.
func (m *model) check(w world, e event, n world, when wait) {
	p, q := w.p, n.p
	made := q.Attempt > p.Attempt
	ok := func(holds bool, promise string) {
		if !holds {
			m.fail("%s\n  before %+v\n  event  %+v\n  after  %+v", promise, w, e, n)
		}
	}
	ok(q.State == p.State || q.State.above(p.State), "a state never goes back")
	ok((q.Phase == done) == q.State.Terminal(), "what has ended has an end, and nothing else has")
	ok(p.Phase != done || q.Phase == done && !made, "what has ended stays so")
	ok(!made || e.kind == began && q.Attempt == p.Attempt+1, "copies are made one by one, by the node that begins")
	ok(!made || p.Halt == running && !e.stale, "no copy is made after a revocation, a refusal or the expiry")
	ok(!made || m.r.urgent || n.open(q.Attempt) == 0, "no second copy of what is not urgent while the first may arrive")
	ok(!made || n.open(q.Attempt) <= 1, "never a third copy while two may arrive")
	ok(!made || n.open(q.Attempt) == 0 || q.Duplicate, "a copy that may be the second says so")
	ok(n.doubled <= 1, "on doubt a copy is made once")
	ok(q.Duplicate || !p.Duplicate, "what may be a duplicate is never said not to be")
	ok(m.r.urgent || !q.Duplicate, "what is not urgent is no duplicate")
	ok(!n.landed || q.State == StateDelivered || q.State == StateDisplayed, "what was reported to have arrived has")
	m.checkEnd(n, ok)
	if q.Phase != p.Phase && q.Phase != done {
		ok(when != asBefore, "what waits is looked at again")
	}
	if e.attempt > 0 && !slices.Contains([]kind{untold, unheard}, e.kind) {
		again, _ := m.r.next(q, e)
		again.Tries = q.Tries
		ok(again == q, "what comes twice counts once")
	}
}

func (m *model) checkEnd(n world, ok func(bool, string)) {
	switch n.p.State {
	case StateFailed, StateExpired, StateRevoked, StateRefused:
		ok(n.open(most+1) == 0, "what is said not to have arrived has not")
	case StateDelivered, StateDisplayed:
		ok(slices.Contains(n.copies[:], arrived), "what is said to have arrived has")
	case StateUnknown:
		ok(n.p.pending() != 0, "what is unknown could have arrived")
	}
}

// ends lets the time of a world run out, with a bearer that knows nothing and nodes that die: it comes to an end in a few looks.
func (m *model) ends(w world) {
	p := w.p
	for range 8 {
		if p.Phase == done {
			return
		}
		e := event{kind: lapsed, late: true, stale: true, over: true}
		switch p.Phase {
		case asking:
			e.kind, e.attempt = untold, p.pending()
		case cancelling:
			e.kind, e.attempt = unheard, p.pending()
		}
		p, _ = m.r.next(p, e)
	}
	m.fail("no end in sight\n  from %+v\n  to   %+v", w, p)
}

// TestEveryOrderOfEvents goes through every world that some order of answers, losses, reports, times, revocations and crashes leads to.
func TestEveryOrderOfEvents(t *testing.T) {
	routes := map[string][]leg{
		"one":         {{channel: "a"}},
		"two":         {{channel: "a", after: time.Second}, {channel: "b"}},
		"final only":  {{channel: "a"}, {channel: "b", when: Failed}},
		"conditional": {{channel: "a", after: time.Second}, {channel: "b", when: Unreachable}, {channel: "c"}},
		"three":       {{channel: "a", after: time.Second}, {channel: "b", after: time.Second}, {channel: "c"}},
	}
	for name, steps := range routes {
		for _, urgent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, urgent %v", name, urgent), func(t *testing.T) {
				t.Parallel()
				found := 0
				m := model{r: &route{urgent: urgent, steps: steps}}
				m.fail = func(format string, args ...any) {
					if found++; found <= 3 {
						t.Errorf(format, args...)
					}
				}
				m.run()
				t.Logf("%d worlds", len(m.seen))
				if found > 3 {
					t.Errorf("and %d more", found-3)
				}
			})
		}
	}
}
