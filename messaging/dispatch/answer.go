package dispatch

// accept notes that a bearer has the copy.
func (r *route) accept(p position, e event) (position, wait) {
	if e.attempt == 0 || e.attempt != p.pending() {
		return p, asBefore
	}
	switch p.Phase {
	case submitting, asking:
	case waiting: // for a second copy, which is not needed now
		if !p.Live {
			return p, asBefore
		}
		p.Step = p.Via
	default:
		return p, asBefore
	}
	if StateSubmitted.above(p.State) {
		p.State = StateSubmitted
	}
	if e.over {
		return end(p)
	}
	p.Phase, p.Tries = submitted, 0
	if p.Halt == wanted {
		p.Phase = cancelling
		return p, atOnce
	}
	return p, r.patience(p)
}

// patience is how long a copy that a bearer has is waited for: as long as its step may last, where another could follow.
func (r *route) patience(p position) wait {
	if p.Halt == running && p.Live && r.steps[p.Step].after > 0 && r.following(p.Step, Undelivered) > 0 {
		return forStep
	}
	return toTheEnd
}

// putBack takes a copy out of account that never left.
func (r *route) putBack(p position, e event) (position, wait) {
	if e.attempt == 0 || e.attempt != p.Attempt || !p.Live {
		return p, asBefore
	}
	switch p.Phase {
	case submitting, asking:
		p.Live = false
		return r.again(p, e)
	case waiting:
		p.Live = false
	}
	return p, asBefore
}

// again has a copy tried once more where none was made, in its old place or when the bearer wants to see it. What is urgent does not wait for
// a bearer longer than for a handset.
func (r *route) again(p position, e event) (position, wait) {
	switch {
	case p.Halt != running || e.stale:
		return r.stop(p)
	case r.urgent && e.late && r.following(p.Step, Failed) > 0:
		return r.fall(p, Failed, StateFailed, e.reason)
	}
	p.Phase = waiting
	if e.after > 0 {
		p.Tries++
		return p, putOff
	}
	p.Tries = 0
	return p, inPlace
}

// doubt is that nobody can say whether a copy was taken, or what became of it.
func (r *route) doubt(p position, e event) (position, wait) {
	switch {
	case e.attempt == 0 || e.attempt != p.pending():
		return p, asBefore
	case p.Phase == submitting && e.kind == lost:
		return inquire(p)
	case p.Phase != asking || e.kind == lost:
		return p, asBefore
	case e.over:
		return end(p)
	case !e.stale && r.mayDouble(p):
		return r.double(p)
	}
	p.Tries++
	return p, aWhile
}

// mayDouble reports whether a second copy may be made though the newest may have arrived: for urgent classes, once.
func (r *route) mayDouble(p position) bool {
	return r.urgent && p.Halt == running && p.Live && !p.Duplicate && p.Doubted == 0
}

// double has a second copy made: by the next step, or by the same one where there is none.
func (r *route) double(p position) (position, wait) {
	if n := r.following(p.Step, Undelivered); n > 0 {
		p.Step = n
	}
	p.Phase, p.Tries = waiting, 0
	return p, atOnce
}

// patientCancels is how often a bearer is asked to take a copy back that nobody is in a hurry about.
const patientCancels = 3

// kept is that a copy was not taken back, or that nobody knows. The next step follows on doubt or not at all.
func (r *route) kept(p position, e event) (position, wait) {
	switch {
	case p.Phase != cancelling || e.attempt == 0 || e.attempt != p.pending():
		return p, asBefore
	case e.over:
		return end(p)
	case !e.stale && r.mayDouble(p) && r.following(p.Step, Undelivered) > 0:
		return r.double(p)
	case e.kind == unheard && p.Tries+1 < patientCancels:
		p.Tries++
		return p, aWhile
	}
	p.Phase, p.Tries = submitted, 0
	return p, toTheEnd
}
