// Package waiters wakes those who wait for something to happen to what has a name: the end of a transaction, a packet for a card. A
// hundred thousand who wait cost their memory and nothing else.
//
//	w := all.Join(name) // before looking, so that nothing is missed
//	defer w.Leave()
//	… look; if it has not happened: <-w.Woken(), and look again, unless w.Told() says what happened
package waiters

import "sync"

// Waiters are those who wait, by name, for something that is told as a T. The zero Waiters has none. It is safe for concurrent use.
type Waiters[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

// call is what all who wait for one name wait for.
type call[T any] struct {
	woken   chan struct{}
	told    *T // set before woken is closed
	waiters int
}

// Waiter is one of them.
type Waiter[T any] struct {
	all  *Waiters[T]
	name string
	call *call[T]
}

// Join adds one who waits for name.
func (w *Waiters[T]) Join(name string) *Waiter[T] {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.calls[name]
	if c == nil {
		if w.calls == nil {
			w.calls = map[string]*call[T]{}
		}
		c = &call[T]{woken: make(chan struct{})}
		w.calls[name] = c
	}
	c.waiters++
	return &Waiter[T]{w, name, c}
}

// Woken is closed by the first Wake or Tell since Join.
func (w *Waiter[T]) Woken() <-chan struct{} { return w.call.woken }

// Told is what the Tell that closed Woken said; nil where it was a Wake.
func (w *Waiter[T]) Told() *T { return w.call.told }

// Leave ends the waiting. It is called once.
func (w *Waiter[T]) Leave() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	if w.call.waiters--; w.call.waiters == 0 && w.all.calls[w.name] == w.call {
		delete(w.all.calls, w.name)
	}
}

// Wake wakes all who wait for one of names. Who joins later waits for the next time.
func (w *Waiters[T]) Wake(names ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		w.end(name, nil)
	}
}

// Tell wakes all who wait for name and says what happened, so that they need not look.
func (w *Waiters[T]) Tell(name string, what T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end(name, &what)
}

func (w *Waiters[T]) end(name string, told *T) {
	if c := w.calls[name]; c != nil {
		c.told = told
		close(c.woken)
		delete(w.calls, name)
	}
}

// Names is for how many names somebody waits.
func (w *Waiters[T]) Names() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.calls)
}
