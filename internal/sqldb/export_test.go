package sqldb

import "runtime"

// AwaitQueued returns once n requests wait in the queue.
func (c *Coalescer[Q, R]) AwaitQueued(n int) {
	for c.queued() != n {
		runtime.Gosched()
	}
}

func (c *Coalescer[Q, R]) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}
