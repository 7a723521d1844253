package dispatch

// next is the state machine. The table of it is in the package's documentation.
func (r *route) next(p position, e event) (position, wait) {
	switch e.kind {
	case began:
		return r.begin(p, e)
	case barred, unreachable, deferred, away:
		return r.unsent(p, e)
	case lapsed:
		return r.lapse(p, e)
	case accepted:
		return r.accept(p, e)
	case throttled:
		return r.putBack(p, e)
	case lost, untold:
		return r.doubt(p, e)
	case tooLate, unheard:
		return r.kept(p, e)
	case delivered, displayed:
		return arrive(p, e)
	case notTaken, failed, absent, expired, recalled:
		return r.lose(p, e)
	case revoke:
		return r.takeBack(p)
	}
	return p, asBefore
}

// begin makes the next copy. It is the only way one comes to be.
func (r *route) begin(p position, e event) (position, wait) {
	if p.Phase != waiting {
		return p, asBefore
	}
	if p.Halt != running || e.stale {
		return r.stop(p)
	}
	if p.Live {
		p.Doubted, p.DoubtVia, p.Duplicate = p.Attempt, p.Via, true
	}
	p.Attempt, p.Via, p.Live = p.Attempt+1, p.Step, true
	p.Phase = submitting // the tries count on, as it may be put off again
	return p, underLease
}

// unsent is about a copy that was not made.
func (r *route) unsent(p position, e event) (position, wait) {
	switch {
	case p.Phase != waiting:
		return p, asBefore
	case e.kind == barred:
		if p.Halt == running {
			p.Halt, p.Reason = denied, e.reason
		}
		return r.stop(p)
	case p.Halt != running || e.stale:
		return r.stop(p)
	case e.kind == unreachable:
		return r.fall(p, Unreachable, StateFailed, ReasonUnreachable)
	case e.kind == away:
		return r.again(p, e)
	}
	p.Tries++
	return p, aWhile
}

func (r *route) lapse(p position, e event) (position, wait) {
	switch p.Phase {
	case waiting:
		if e.stale {
			return r.stop(p)
		}
	case submitting:
		return inquire(p)
	case submitted:
		switch {
		case e.over:
			return inquire(p)
		case e.stale || r.patience(p) != forStep:
			return p, toTheEnd
		}
		p.Phase, p.Tries = cancelling, 0
		return p, atOnce
	}
	return p, asBefore
}

func inquire(p position) (position, wait) {
	p.Phase, p.Tries = asking, 0
	return p, atOnce
}

// fall goes to the next step that admits a cause. Without one, state is the end.
func (r *route) fall(p position, cause When, state State, reason string) (position, wait) {
	n := r.following(p.Step, cause)
	if p.Halt != running || n < 0 {
		return r.settle(p, state, reason)
	}
	p.Step, p.Phase, p.Tries, p.Reason = n, waiting, 0, reason
	return p, atOnce
}

// following is the next step after one that admits a cause, or -1.
func (r *route) following(step int, cause When) int {
	for i := step + 1; i < len(r.steps); i++ {
		if r.steps[i].when.admits(cause) {
			return i
		}
	}
	return -1
}

func (w When) admits(cause When) bool {
	switch w {
	case Unreachable:
		return cause == Unreachable
	case Failed:
		return cause != Undelivered
	}
	return true
}

// stop makes no further copy, for the halt or for the time.
func (r *route) stop(p position) (position, wait) {
	if p.Halt == wanted {
		return r.settle(p, StateRevoked, ReasonRevoked)
	}
	return r.settle(p, StateExpired, ReasonExpired)
}

// settle ends a delivery that makes no further copy. Where one may still arrive it is waited for, or taken back.
func (r *route) settle(p position, state State, reason string) (position, wait) {
	p.Phase, p.Tries = done, 0
	switch {
	case p.pending() != 0 && p.Halt == wanted:
		p.Phase = cancelling
		return p, atOnce
	case p.pending() != 0:
		p.Phase = submitted
		return p, toTheEnd
	case p.Halt == denied:
		state, reason = StateRefused, p.Reason
	}
	if state.above(p.State) {
		p.State, p.Reason = state, reason
	}
	return p, asBefore
}

// end gives up waiting.
func end(p position) (position, wait) {
	p.Phase, p.Tries = done, 0
	if StateUnknown.above(p.State) {
		p.State, p.Reason = StateUnknown, ReasonNoAnswer
	}
	return p, asBefore
}
