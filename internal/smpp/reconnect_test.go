package smpp_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"simtrust/internal/smpp"
)

// inClient runs a test with a client that is kept bound to an operator; configure may be nil.
func inClient(t *testing.T, configure func(*operator, *smpp.ClientConfig), test func(t *testing.T, c *smpp.Client, o *operator, stop func())) {
	synctest.Test(t, func(t *testing.T) {
		o := newOperator(t)
		config := o.config()
		if configure != nil {
			configure(o, &config)
		}
		c := smpp.NewClient(nil, config)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); c.Run(ctx) }()
		test(t, c, o, stop)
		stop()
		<-done
	})
}

func TestReconnect(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		synctest.Wait()
		if !c.Bound() {
			t.Error("not bound")
		}
		lost := submit(t.Context(), c)
		r.receive()
		_ = r.conn.Close()
		if out := <-lost; !errors.Is(out.err, smpp.ErrUnknown) {
			t.Errorf("%+v", out)
		}
		synctest.Wait()
		if c.Bound() {
			t.Error("still bound")
		}
		waiting := submit(t.Context(), c) // for the next session
		r = o.bound()
		g := r.receive()
		r.quiet() // what was lost is not sent again
		r.accept(g, "next")
		if out := <-waiting; out.err != nil || out.id != "next" {
			t.Errorf("%+v", out)
		}
	})
}

func isDown(o *operator, c *smpp.ClientConfig) {
	o.down, c.MaxBackoff = true, 4*time.Second
}

// TestBackoff: longer every time and never longer than the longest, each between half and all of it.
func TestBackoff(t *testing.T) {
	inClient(t, isDown, func(t *testing.T, c *smpp.Client, o *operator, stop func()) {
		time.Sleep(20 * time.Second)
		stop()
		synctest.Wait()
		for i, most := range []time.Duration{1, 2, 4, 4} {
			if d := o.tries[i+1].Sub(o.tries[i]); d < most*time.Second/2 || d > most*time.Second+1 {
				t.Errorf("try %d after %s", i+1, d)
			}
		}
	})
}

func TestRefusedBindIsTriedAgain(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		for range 3 {
			r := o.connected()
			r.refuse(r.receive(), smpp.StatusBindFailed)
			r.closed()
		}
		o.bound()
		synctest.Wait()
		if !c.Bound() {
			t.Error("not bound")
		}
	})
}

func TestNotBoundInTime(t *testing.T) {
	inClient(t, isDown, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if out := <-submit(ctx, c); !errors.Is(out.err, smpp.ErrNotBound) || !errors.Is(out.err, context.DeadlineExceeded) {
			t.Error(out.err)
		}
	})
}

// TestThrottled: what is refused as too much is sent again after pauses that grow, and the pauses begin anew when something passes.
func TestThrottled(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		for range 2 {
			done := submit(t.Context(), c)
			var at []time.Time
			for _, status := range []smpp.Status{smpp.StatusThrottled, smpp.StatusQueueFull, smpp.StatusThrottled} {
				g := r.receive()
				at = append(at, g.at)
				r.refuse(g, status)
			}
			g := r.receive()
			at = append(at, g.at)
			r.accept(g, "1")
			if out := <-done; out.err != nil {
				t.Error(out.err)
			}
			for i, want := range []time.Duration{100, 200, 400} {
				if d := at[i+1].Sub(at[i]); d != want*time.Millisecond {
					t.Errorf("pause %d: %s", i, d)
				}
			}
		}
	})
}

// TestThrottledTogether: the refusals of what was under way at once make one pause, and it holds for what comes after them.
func TestThrottledTogether(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		var all []chan outcome
		for range 5 {
			all = append(all, submit(t.Context(), c))
		}
		var first []got
		for range 5 {
			first = append(first, r.receive())
		}
		for _, g := range first {
			r.refuse(g, smpp.StatusThrottled)
		}
		synctest.Wait()
		all = append(all, submit(t.Context(), c))
		var again []time.Time
		for range 6 {
			g := r.receive()
			again = append(again, g.at)
			r.accept(g, "1")
		}
		if d := slices.MinFunc(again, time.Time.Compare).Sub(first[0].at); d != 100*time.Millisecond {
			t.Errorf("after %s", d)
		}
		if d := slices.MaxFunc(again, time.Time.Compare).Sub(first[0].at); d != 100*time.Millisecond {
			t.Errorf("the last after %s", d)
		}
		for _, done := range all {
			if out := <-done; out.err != nil {
				t.Error(out.err)
			}
		}
	})
}

func TestThrottledTooLong(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		go func() {
			for g := range r.got {
				if g.header.Command == smpp.CommandSubmitSM {
					r.refuse(g, smpp.StatusThrottled)
				} else {
					r.sendHeader(g.header.Command.Response(), smpp.StatusOK, g.header.Sequence)
				}
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		start := time.Now()
		out := <-submit(ctx, c)
		if !errors.Is(out.err, smpp.StatusThrottled) || errors.Is(out.err, smpp.ErrUnknown) || out.at.Sub(start) != 25*time.Second {
			t.Errorf("%v after %s", out.err, out.at.Sub(start))
		}
	})
}

// TestRefusedOnce: what is refused for another reason is not sent again.
func TestRefusedOnce(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		done := submit(t.Context(), c)
		r.refuse(r.receive(), smpp.StatusInvalidDestination)
		if out := <-done; !errors.Is(out.err, smpp.StatusInvalidDestination) {
			t.Error(out.err)
		}
		r.quiet()
	})
}

// TestOperatorUnbinds: what comes after its unbind waits for the next session.
func TestOperatorUnbinds(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		unbind := r.send(smpp.Empty(smpp.CommandUnbind))
		synctest.Wait()
		done := submit(t.Context(), c)
		r.expect(smpp.CommandUnbind.Response(), smpp.StatusOK, unbind)
		r.closed()
		r = o.bound()
		r.accept(r.receive(), "1")
		if out := <-done; out.err != nil {
			t.Error(out.err)
		}
	})
}

// TestEndingSession: a session that takes nothing any more, but is not over while the operator does not read, leaves the message to the
// next one.
func TestEndingSession(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		conn := <-o.conns
		defer func() { _ = conn.Close() }()
		bind := make([]byte, 512)
		if _, err := conn.Read(bind); err != nil {
			t.Fatal(err)
		}
		r := &raw{t: t, conn: conn}
		r.sendAs(1, smpp.StatusOK, &smpp.BindResp{Mode: smpp.Transceiver})
		r.send(smpp.Empty(smpp.CommandUnbind))
		synctest.Wait()
		start, ending := time.Now(), c.Session()
		if ending == nil || ending.Err() != nil {
			t.Fatal("over")
		}
		done := submit(t.Context(), c)
		r = o.bound()
		if d := time.Since(start); d < 10*time.Second || c.Session() == ending {
			t.Errorf("after %s", d)
		}
		r.accept(r.receive(), "1")
		if out := <-done; out.err != nil {
			t.Error(out.err)
		}
	})
}

// TestSessionOfClient: over it nothing is sent again.
func TestSessionOfClient(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		if c.Session() != nil {
			t.Error("a session before the bind")
		}
		r := o.bound()
		synctest.Wait()
		done := submit(t.Context(), c.Session())
		r.refuse(r.receive(), smpp.StatusThrottled)
		if out := <-done; !errors.Is(out.err, smpp.StatusThrottled) {
			t.Error(out.err)
		}
		r.quiet()
	})
}

func TestQueryAndCancel(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, _ func()) {
		r := o.bound()
		go func() {
			q := r.receive()
			r.sendAs(q.header.Sequence, smpp.StatusOK, &smpp.QuerySMResp{MessageID: q.pdu.(*smpp.QuerySM).MessageID, State: smpp.StateEnroute})
			r.refuse(r.receive(), smpp.StatusCancelFailed)
		}()
		if q, err := c.Query(t.Context(), &smpp.QuerySM{MessageID: "9"}); err != nil || q.MessageID != "9" || q.State != smpp.StateEnroute {
			t.Error(q, err)
		}
		if err := c.Cancel(t.Context(), &smpp.CancelSM{MessageID: "9"}); !errors.Is(err, smpp.StatusCancelFailed) {
			t.Error(err)
		}
	})
}

func TestStopUnbinds(t *testing.T) {
	inClient(t, nil, func(t *testing.T, c *smpp.Client, o *operator, stop func()) {
		r := o.bound()
		synctest.Wait()
		stop()
		g := r.receive()
		if g.header.Command != smpp.CommandUnbind {
			t.Error(g.header.Command)
		}
		r.sendHeader(g.header.Command.Response(), smpp.StatusOK, g.header.Sequence)
		r.closed()
	})
}
