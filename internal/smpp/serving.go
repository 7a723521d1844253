package smpp

import "sync"

// serving are the requests of the other side that this side has not answered yet.
type serving struct {
	mu      sync.Mutex
	open    map[uint32]struct{} // by sequence number
	window  int
	leaving bool          // no others are taken
	drained chan struct{} // closed when there are none; nil while nobody waits
}

// admission says what becomes of a request.
type admission byte

const (
	admitted admission = iota
	crowded            // the window is full, or about to close
	reused             // another request has that number
)

func newServing(window int) *serving { return &serving{open: map[uint32]struct{}{}, window: window} }

func (v *serving) begin(sequence uint32) admission {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch _, ok := v.open[sequence]; {
	case ok:
		return reused
	case v.leaving, len(v.open) >= v.window:
		return crowded
	}
	v.open[sequence] = struct{}{}
	return admitted
}

func (v *serving) end(sequence uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.open, sequence)
	if len(v.open) == 0 && v.drained != nil {
		close(v.drained)
		v.drained = nil
	}
}

// last takes no more requests, and returns a channel that is closed once there are none.
func (v *serving) last() <-chan struct{} {
	v.mu.Lock()
	v.leaving = true
	v.mu.Unlock()
	return v.idle()
}

// idle returns a channel that is closed once there are none.
func (v *serving) idle() <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.drained == nil {
		v.drained = make(chan struct{})
	}
	drained := v.drained
	if len(v.open) == 0 {
		close(drained)
		v.drained = nil
	}
	return drained
}
