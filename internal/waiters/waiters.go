// Package waiters wakes those who wait for something to happen to what has a name: the end of a transaction, a packet for a card. A
// hundred thousand who wait cost their memory and nothing else.
//
//	w := all.Join(name) // before looking, so that nothing is missed
//	defer w.Leave()
//	… look; if it has not happened: <-w.Woken(), and look again
package waiters

import "sync"

// Waiters are those who wait, by name. The zero Waiters has none. It is safe for concurrent use.
type Waiters struct {
	mu    sync.Mutex
	calls map[string]*call
}

// call is what all who wait for one name wait for.
type call struct {
	woken   chan struct{}
	waiters int
}

// Waiter is one of them.
type Waiter struct {
	all  *Waiters
	name string
	call *call
}

// Join adds one who waits for name.
func (w *Waiters) Join(name string) *Waiter {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.calls[name]
	if c == nil {
		if w.calls == nil {
			w.calls = map[string]*call{}
		}
		c = &call{woken: make(chan struct{})}
		w.calls[name] = c
	}
	c.waiters++
	return &Waiter{w, name, c}
}

// Woken is closed by the first Wake since Join.
func (w *Waiter) Woken() <-chan struct{} { return w.call.woken }

// Leave ends the waiting. It is called once.
func (w *Waiter) Leave() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	if w.call.waiters--; w.call.waiters == 0 && w.all.calls[w.name] == w.call {
		delete(w.all.calls, w.name)
	}
}

// Wake wakes all who wait for one of names. Who joins later waits for the next time.
func (w *Waiters) Wake(names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		if c := w.calls[name]; c != nil {
			close(c.woken)
			delete(w.calls, name)
		}
	}
}

// Names is for how many names somebody waits.
func (w *Waiters) Names() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}
