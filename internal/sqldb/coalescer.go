package sqldb

import (
	"context"
	"database/sql"
	"runtime"
	"sync"
	"sync/atomic"

	"simtrust"
)

// Result is the answer to one request of a batch.
type Result[R any] struct {
	Value R
	Err   error
}

// Coalescer merges concurrent requests into batches. A worker lets whoever can run do so once, and takes whatever is queued then, without
// waiting for more: a lone request pays nothing, and under load a batch is what arrived while the last one was being made durable.
type Coalescer[Q, R any] struct {
	name     string
	maxBatch int
	run      func(ctx context.Context, batch []Q) ([]Result[R], error)
	// abandoned is what a caller is told who leaves while the batch is under way.
	abandoned func(cause error) error

	mu      sync.Mutex
	arrived sync.Cond
	queue   []*request[Q, R]
	closed  bool
	workers sync.WaitGroup
}

// CoalescerOption adjusts a coalescer.
type CoalescerOption func(*coalescerOptions)

type coalescerOptions struct {
	maxBatch, workers int
}

// WithMaxBatch bounds a batch; the default is 1024. With 1 every request has a transaction of its own.
func WithMaxBatch(n int) CoalescerOption { return func(o *coalescerOptions) { o.maxBatch = n } }

// WithWorkers sets how many batches run at once. The default is 1 for reads, since more would only be smaller, and 2 for writes, so
// that one batch is prepared while the other becomes durable; SQLite has one writer.
func WithWorkers(n int) CoalescerOption { return func(o *coalescerOptions) { o.workers = n } }

// WithOneBatch has one batch of writes run at a time, for batches that are quick beside what leads up to them: two would be half as large.
// Requests that are not merged run side by side all the same.
func WithOneBatch() CoalescerOption {
	return func(o *coalescerOptions) {
		if o.maxBatch > 1 {
			o.workers = 1
		}
	}
}

// NewCoalescer starts a coalescer of writes; name goes into errors. It runs each batch in one transaction, at the isolation the
// server is configured with (read committed by default), and answers after the commit. The function
//
//   - answers each request of the batch at the request's index; an answer may be an error and does not undo the others;
//   - is right by row locks, unique and check constraints alone, never by reading first and writing after;
//   - treats equal keys within the batch in their order: the first wins, the second is told what a later request would be told;
//   - writes keys in sorted order, so that two batches cannot deadlock;
//   - returns an error, or panics, to undo the whole batch, and has no effect outside the transaction, for it may run again.
//
// A batch that one row can have spoilt, by a constraint, a bad value or a panic, is rolled back and run again in halves until
// that row stands alone and only its caller gets the error. An unknown outcome is told to every caller of the batch.
func NewCoalescer[Q, R any](
	db *DB, name string, run func(ctx context.Context, tx *Tx, batch []Q) ([]Result[R], error), opts ...CoalescerOption,
) *Coalescer[Q, R] {
	return start(name, batching(db, db.write, 2), opts, func(ctx context.Context, batch []Q) ([]Result[R], error) {
		return inBatch(ctx, db, batch, run)
	}, outcomeUnknown)
}

// NewReadCoalescer starts a coalescer of reads. Each batch starts reading after its requests arrived, so an answer is never older
// than its question, and equal requests of a batch are passed to run once.
func NewReadCoalescer[Q comparable, R any](
	db *DB, name string, run func(ctx context.Context, q Querier, batch []Q) ([]Result[R], error), opts ...CoalescerOption,
) *Coalescer[Q, R] {
	return start(name, batching(db, db.read, 1), opts, func(ctx context.Context, batch []Q) ([]Result[R], error) {
		return distinct(batch, func(keys []Q) ([]Result[R], error) {
			return inReads(ctx, len(keys), func() ([]Result[R], error) { return run(ctx, db, keys) })
		})
	}, func(cause error) error { return cause })
}

// batching is how requests are merged unless the coalescer's options say otherwise: so many batches of a pool at once.
func batching(db *DB, pool *sql.DB, workers int) coalescerOptions {
	conns := pool.Stats().MaxOpenConnections
	if db.alone {
		return coalescerOptions{maxBatch: 1, workers: conns}
	}
	return coalescerOptions{maxBatch: 1024, workers: min(workers, conns)}
}

func start[Q, R any](
	name string, o coalescerOptions, opts []CoalescerOption,
	run func(context.Context, []Q) ([]Result[R], error), abandoned func(error) error,
) *Coalescer[Q, R] {
	for _, opt := range opts {
		opt(&o)
	}
	c := &Coalescer[Q, R]{name: name, maxBatch: max(o.maxBatch, 1), run: run, abandoned: abandoned}
	c.arrived.L = &c.mu
	for range max(o.workers, 1) {
		c.workers.Go(c.work)
	}
	return c
}

// request is one caller's place in the queue. Whoever moves it out of waiting decides: a worker that takes it, or a caller that
// leaves and whose request is then never run.
type request[Q, R any] struct {
	q      Q
	state  atomic.Int32
	answer chan Result[R] // holds one answer, so that a worker never waits for a caller
}

const (
	waiting int32 = iota
	taken
	left
)

// Do queues q and waits for its answer, which comes after the batch is durable. Beside the request's own error it returns, as
// [simtrust.KindUnavailable], ReasonOutcomeUnknown, ReasonStoreUnavailable, ReasonContended or ReasonClosed. When ctx ends first,
// the error wraps ctx's: alone while the request was still queued, and then it never runs, or with ReasonOutcomeUnknown when it
// was already part of a batch of writes, which goes on.
func (c *Coalescer[Q, R]) Do(ctx context.Context, q Q) (R, error) {
	if err := ctx.Err(); err != nil {
		return *new(R), err
	}
	r := &request[Q, R]{q: q, answer: make(chan Result[R], 1)}
	if err := c.enqueue(r); err != nil {
		return *new(R), err
	}
	select {
	case a := <-r.answer:
		return a.Value, a.Err
	case <-ctx.Done():
		return c.leave(r, ctx.Err())
	}
}

// leave gives up waiting, unless the answer came at the same moment.
func (c *Coalescer[Q, R]) leave(r *request[Q, R], cause error) (R, error) {
	if r.state.CompareAndSwap(waiting, left) {
		return *new(R), cause
	}
	select {
	case a := <-r.answer:
		return a.Value, a.Err
	default:
		return *new(R), c.abandoned(cause)
	}
}

func (c *Coalescer[Q, R]) enqueue(r *request[Q, R]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonClosed, Op: c.name, Msg: "shutting down"}
	}
	c.queue = append(c.queue, r)
	c.arrived.Signal()
	return nil
}

// Close refuses new requests, answers those already queued and returns when the last batch is done.
func (c *Coalescer[Q, R]) Close() {
	c.mu.Lock()
	c.closed = true
	c.arrived.Broadcast()
	c.mu.Unlock()
	c.workers.Wait()
}

func (c *Coalescer[Q, R]) work() {
	for {
		batch := c.next()
		if batch == nil {
			return
		}
		c.serve(batch)
	}
}

// next waits for requests and takes up to a batch of them, in the order of their arrival; nil means closed and drained.
func (c *Coalescer[Q, R]) next() []*request[Q, R] {
	for c.await() {
		runtime.Gosched() // whoever is about to ask joins in
		if batch := c.take(); len(batch) > 0 {
			return batch
		}
	}
	return nil
}

// await waits for requests; false means closed and drained.
func (c *Coalescer[Q, R]) await() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 {
		if c.closed {
			return false
		}
		c.arrived.Wait()
	}
	return true
}

// take takes up to a batch; another worker may have taken all.
func (c *Coalescer[Q, R]) take() []*request[Q, R] {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.queue), c.maxBatch)
	batch := c.queue[:n:n]
	if c.queue = c.queue[n:]; len(c.queue) == 0 {
		c.queue = nil // so that it does not hold on to the batch
	}
	return batch
}
