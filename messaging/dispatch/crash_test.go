package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
)

// mortal stands between a node and what is around it. At one of its steps the node dies: whatever it was at goes no further.
type mortal struct {
	w    *world
	left int // steps to live
	dead bool
}

var errDead = errors.New("dead")

// step is one point at which the node may die outside a transaction, and with it the goroutine.
func (m *mortal) step() {
	if m.left--; m.left == 0 {
		m.dead = true
		runtime.Goexit()
	}
}

func (m *mortal) Still(ctx context.Context, q dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	m.step()
	return m.w.people.Still(ctx, q, ids)
}

func (m *mortal) Reach(ctx context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	m.step()
	return m.w.net.Reach(ctx, c, to)
}

func (m *mortal) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	m.step()
	outcomes := m.w.net.Submit(ctx, list)
	m.step()
	return outcomes
}

func (m *mortal) Query(ctx context.Context, list []dispatch.Copy) []dispatch.Finding {
	m.step()
	return m.w.net.Query(ctx, list)
}

func (m *mortal) Cancel(ctx context.Context, list []dispatch.Copy) []dispatch.Recall {
	m.step()
	recalls := m.w.net.Cancel(ctx, list)
	m.step()
	return recalls
}

// inside is a point within a transaction: a node that dies here has it undone.
func (m *mortal) inside() error {
	if m.left--; m.left == 0 {
		m.dead = true
	}
	if m.dead {
		return errDead
	}
	return nil
}

func (m *mortal) Begun(ctx context.Context, tx *sqldb.Tx, copies []dispatch.Update) error {
	if err := m.inside(); err != nil {
		return err
	}
	return m.w.listener.Begun(ctx, tx, copies)
}

func (m *mortal) Changed(ctx context.Context, tx *sqldb.Tx, changes []dispatch.Update) error {
	if err := m.inside(); err != nil {
		return err
	}
	return m.w.listener.Changed(ctx, tx, changes)
}

// weather is how a network behaves in a story.
type weather struct {
	name string
	set  func(n *network)
	// reports are what it says of the copies it was given, once they all are out.
	reports dispatch.Fate
	// revoked has the sender want the message back.
	revoked bool
}

var weathers = []weather{
	{name: "fair", set: func(*network) {}, reports: dispatch.FateDelivered},
	{name: "failing", set: func(*network) {}, reports: dispatch.FateFailed},
	{name: "rejecting", set: func(n *network) { n.submit = answering(rcs, dispatch.Rejected) }, reports: dispatch.FateDelivered},
	{name: "silent", set: func(*network) {}},
	{name: "silent, revoked", set: func(*network) {}, revoked: true},
	{name: "nothing comes back", set: keeping},
	{name: "nothing comes back, revoked", set: keeping, revoked: true},
	{name: "forgetful", set: func(n *network) { n.submit = answering(rcs, dispatch.Lost) }},
	{name: "forgetful, and yet delivered", set: func(n *network) {
		n.submit = answering(rcs, dispatch.Lost)
		n.query = func(c dispatch.Copy) dispatch.Finding { return dispatch.Finding{Fate: dispatch.FateDelivered} }
	}},
}

func keeping(n *network) {
	n.cancel = func(dispatch.Copy) dispatch.Recall { return dispatch.RecallUnknown }
}

// TestKilledAtEveryStep tells each story again and again, with the node dying one step later each time, and another taking over.
func TestKilledAtEveryStep(t *testing.T) {
	for _, weather := range weathers {
		for _, class := range []dispatch.Class{dispatch.ClassPromotion, dispatch.ClassAuthentication} {
			t.Run(fmt.Sprintf("%s, %s", weather.name, class), func(t *testing.T) {
				sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) {
					s := &story{t: t, db: db, weather: weather, class: class}
					step := 1
					for s.tell(step) {
						step++
					}
					if step < 6 {
						t.Errorf("the story has %d steps", step-1)
					}
				})
			})
		}
	}
}

// story is what happens to one message, whoever is alive.
type story struct {
	t       *testing.T
	db      *sqldb.DB
	weather weather
	class   dispatch.Class

	chapter string // of the message
	w       *world
	mortal  *mortal
}

// tell has the node die at a step and reports whether there was such a step.
func (s *story) tell(step int) bool {
	s.chapter = fmt.Sprint(step)
	s.w = newWorld(s.t, s.db)
	s.weather.set(s.w.net)
	first := &mortal{w: s.w, left: step}
	s.mortal, s.w = first, s.w.mortalNode(first)
	s.live()
	s.check(step)
	return first.dead
}

// mortalNode is a node of the world that reaches everything through m.
func (w *world) mortalNode(m *mortal) *world {
	n := *w
	n.Service = dispatch.New(dispatch.Deps{DB: w.db, Recipients: m, Listener: m, Log: quiet, Now: w.clock.now},
		dispatch.Config{Lease: lease, Grace: grace})
	n.Carry("net", m, rcs, text)
	w.t.Cleanup(n.Close)
	return &n
}

// live goes through the message's time.
func (s *story) live() {
	p := plan(s.class)
	p.Message = "msg_" + s.chapter
	to := []dispatch.Target{{Delivery: "dlv_" + s.chapter, Tenure: "ten_1"}}
	s.do(func() error {
		return s.w.tx(func(tx *sqldb.Tx) error { return s.w.Accept(s.t.Context(), tx, p, to) })
	})
	s.pass(0)
	if s.weather.revoked {
		s.do(func() error {
			return s.w.tx(func(tx *sqldb.Tx) error {
				_, err := s.w.Revoke(s.t.Context(), tx, p.Message)
				return err
			})
		})
		s.pass(0)
	}
	for _, d := range []time.Duration{time.Minute, time.Minute, time.Hour, grace, grace} {
		s.report()
		s.pass(d)
	}
}

// do does something, again where the node is dead or dies of it, as whoever asks for it would.
func (s *story) do(f func() error) {
	s.t.Helper()
	for {
		err := errDead
		var life sync.WaitGroup
		life.Go(func() { err = f() })
		life.Wait()
		switch {
		case s.mortal.dead:
			s.bury()
		case err != nil:
			s.t.Fatal(err)
		}
		if err == nil {
			return
		}
	}
}

// bury lets another node take over, once the lease of the dead one is over.
func (s *story) bury() {
	s.mortal = &mortal{w: s.w}
	s.w = s.w.node(s.db, s.w.net)
	s.w.clock.pass(lease)
}

func (s *story) pass(d time.Duration) {
	s.w.clock.pass(d)
	s.do(func() error { return s.w.Drain(s.t.Context()) })
}

// report has the network say what became of the copies it was given.
func (s *story) report() {
	if s.weather.reports == "" {
		return
	}
	for _, c := range s.w.net.copies {
		r := []dispatch.Report{{Ref: ref(c.Copy), Fate: s.weather.reports}}
		s.do(func() error { return s.w.Report(s.t.Context(), rcs, r) })
	}
}

// check holds the end against what is promised.
func (s *story) check(step int) {
	s.t.Helper()
	d := s.w.status("dlv_" + s.chapter)
	copies := s.w.net.copies
	ids := map[string]bool{}
	for _, c := range copies {
		ids[c.ID()] = true
	}
	switch {
	case !d.State.Terminal():
		s.t.Errorf("step %d: it did not end: %+v", step, d)
	case len(ids) != len(copies):
		s.t.Errorf("step %d: an attempt was submitted twice: %q", step, s.w.net.given())
	case s.weather.reports == dispatch.FateDelivered && len(copies) > 0 && copies[0].Channel == text && d.State != dispatch.StateDelivered:
		s.t.Errorf("step %d: it was delivered and is %+v", step, d)
	}
	for i, c := range copies {
		if c.PossibleDuplicate && (!s.class.Urgent() || !d.PossibleDuplicate) {
			s.t.Errorf("step %d: copy %d may be a duplicate: %+v", step, i+1, d)
		}
		if i > 1 && c.PossibleDuplicate && copies[i-1].PossibleDuplicate {
			s.t.Errorf("step %d: twice on doubt: %q", step, s.w.net.given())
		}
	}
	if !s.class.Urgent() && len(copies) > 1 && !s.lost(copies[:len(copies)-1]) {
		s.t.Errorf("step %d: a second copy while the first may have arrived: %q", step, s.w.net.given())
	}
}

// lost reports whether copies are known not to have arrived.
func (s *story) lost(copies []dispatch.Submission) bool {
	switch s.weather.name {
	case "failing":
		return true
	case "rejecting":
		return len(copies) == 1 && copies[0].Channel == rcs
	case "silent", "silent, revoked":
		return true // taken back
	}
	return false
}
