package dispatch

// arrive is that a copy is on the handset, whichever it is, and whatever was thought before.
func arrive(p position, e event) (position, wait) {
	if e.attempt < 1 || e.attempt > p.Attempt {
		return p, asBefore
	}
	state := StateDelivered
	if e.kind == displayed {
		state = StateDisplayed
	}
	if state.above(p.State) {
		p.State, p.Reason = state, ""
	}
	p.Phase, p.Tries = done, 0
	return p, asBefore
}

// lose is that a copy does not arrive, for certain.
func (r *route) lose(p position, e event) (position, wait) {
	newest := p.Live && e.attempt == p.Attempt
	switch {
	case newest:
		p.Live = false
	case e.attempt != 0 && e.attempt == p.Doubted:
		p.Doubted = 0
	default:
		return p, asBefore
	}
	switch {
	case p.Phase == waiting:
		return p, asBefore // the next copy is being made already
	case p.Phase == done:
		return r.learn(p, e)
	case !newest && p.Live:
		return p, asBefore // the newest is still waited for
	}
	state, reason := e.end()
	return r.fall(p, e.cause(), state, reason)
}

// learn corrects an end that was unknown, once no copy can have arrived.
func (r *route) learn(p position, e event) (position, wait) {
	if state, reason := e.end(); p.pending() == 0 && state.above(p.State) {
		p.State, p.Reason = state, reason
	}
	return p, asBefore
}

// end is the state that a delivery has whose last copy ended so.
func (e event) end() (state State, reason string) {
	switch e.kind {
	case expired:
		state, reason = StateExpired, ReasonExpired
	case recalled:
		state, reason = StateRevoked, ReasonRevoked
	case absent:
		state, reason = StateFailed, ReasonUnreachable
	default:
		state, reason = StateFailed, string(e.kind)
	}
	if e.reason != "" {
		reason = e.reason
	}
	return state, reason
}

// cause is what the next step must admit.
func (e event) cause() When {
	switch e.kind {
	case absent:
		return Unreachable
	case recalled:
		return Undelivered
	}
	return Failed
}

func (r *route) takeBack(p position) (position, wait) {
	if p.Phase == done || p.Halt != running {
		return p, asBefore
	}
	p.Halt = wanted
	switch p.Phase {
	case waiting:
		return r.stop(p)
	case submitted:
		p.Phase, p.Tries = cancelling, 0
		return p, atOnce
	}
	return p, asBefore
}
