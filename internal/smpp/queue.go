package smpp

import "sync"

// queue holds packets until the writer takes all that there are, to send them with one write.
type queue struct {
	mu     sync.Mutex
	octets []byte
	limit  int
	closed bool          // nothing more is taken
	wake   chan struct{} // holds one entry while there is work for the writer
}

func newQueue(limit int) *queue { return &queue{limit: limit, wake: make(chan struct{}, 1)} }

// add appends a packet. It fails with ErrClosed, and as Append does.
func (q *queue) add(sequence uint32, status Status, p PDU) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	octets, err := Append(q.octets, sequence, status, p)
	q.octets = octets
	q.signal()
	return err
}

// addHeader appends a packet without a body. No window bounds these; so it returns false where the other side asks for them and reads
// so slowly that the limit is reached.
func (q *queue) addHeader(c Command, status Status, sequence uint32) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return true
	case len(q.octets) > q.limit:
		return false
	}
	q.octets = appendHeader(q.octets, c, status, sequence)
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what there is, leaving spare in its place where it is not unusually large, and whether more may come.
func (q *queue) take(spare []byte) (batch []byte, open bool) {
	if cap(spare) > q.limit {
		spare = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, q.octets = q.octets, spare[:0]
	return batch, !q.closed
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}
