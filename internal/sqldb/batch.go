package sqldb

import (
	"context"
	"fmt"
	"runtime/debug"
)

func (c *Coalescer[Q, R]) serve(queued []*request[Q, R]) {
	batch := queued[:0]
	for _, r := range queued {
		if r.state.CompareAndSwap(waiting, taken) {
			batch = append(batch, r)
		}
	}
	if len(batch) > 0 {
		c.answer(batch)
	}
}

// answer runs the batch, in halves where one row of it is at fault, and hands out the results.
func (c *Coalescer[Q, R]) answer(batch []*request[Q, R]) {
	qs := make([]Q, len(batch))
	for i, r := range batch {
		qs[i] = r.q
	}
	results, err := c.run(context.Background(), qs)
	if err != nil && len(batch) > 1 && isRowFault(err) {
		half := len(batch) / 2
		c.answer(batch[:half])
		c.answer(batch[half:])
		return
	}
	for i, r := range batch {
		if err != nil {
			r.answer <- Result[R]{Err: fmt.Errorf("%s: %w", c.name, err)}
			continue
		}
		r.answer <- results[i]
	}
}

// inBatch runs one batch of writes in a transaction.
func inBatch[Q, R any](
	ctx context.Context, db *DB, batch []Q, run func(context.Context, *Tx, []Q) ([]Result[R], error),
) (results []Result[R], err error) {
	ctx, cancel := context.WithTimeout(ctx, longestTx)
	defer cancel()
	err = db.InDefaultTx(ctx, func(tx *Tx) error {
		results, err = guarded(len(batch), func() ([]Result[R], error) { return run(ctx, tx, batch) })
		return err
	})
	return results, err
}

// inReads runs one batch of reads, outside any transaction. A server that is serializable by default may ask for it again.
func inReads[R any](ctx context.Context, want int, run func() ([]Result[R], error)) ([]Result[R], error) {
	for attempt := range maxAttempts {
		results, err := guarded(want, run)
		if err == nil || !isRetryable(err) {
			return results, classed(ctx, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
	return nil, errContended
}

// panicError is a panic of a batch function, contained so that the other callers get their answers.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", e.value, e.stack) }

// guarded calls run, turns its panic into an error and refuses a wrong number of answers.
func guarded[R any](want int, run func() ([]Result[R], error)) (results []Result[R], err error) {
	defer func() {
		if v := recover(); v != nil {
			results, err = nil, &panicError{v, debug.Stack()}
		}
	}()
	results, err = run()
	if err == nil && len(results) != want {
		err = fmt.Errorf("%d answers to a batch of %d", len(results), want)
	}
	return results, err
}

// distinct calls run with the different keys of batch and spreads its answers over all of them.
func distinct[Q comparable, R any](batch []Q, run func([]Q) ([]Result[R], error)) ([]Result[R], error) {
	at := make(map[Q]int, len(batch))
	keys := make([]Q, 0, len(batch))
	for _, q := range batch {
		if _, ok := at[q]; !ok {
			at[q] = len(keys)
			keys = append(keys, q)
		}
	}
	found, err := run(keys)
	if err != nil {
		return nil, err
	}
	results := make([]Result[R], len(batch))
	for i, q := range batch {
		results[i] = found[at[q]]
	}
	return results, nil
}
