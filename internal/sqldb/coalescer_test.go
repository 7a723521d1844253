package sqldb_test

import (
	"context"
	cryptorand "crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lib/pq"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// use asks to use a ticket; the answer says whether this user was the one.
type use struct {
	key  string
	user int64
}

// redeem is a batch function as the modules write them: one statement, the first of equal keys wins.
func redeem(ctx context.Context, tx *sqldb.Tx, batch []use) ([]sqldb.Result[bool], error) {
	first := map[string]int{}
	var keys []string
	for i, u := range batch {
		if _, ok := first[u.key]; !ok {
			first[u.key] = i
			keys = append(keys, u.key)
		}
	}
	slices.Sort(keys)
	where, args := sqldb.In(tx.Dialect(), "key", 2, keys)
	rows, err := tx.Query(ctx, `update ticket set used_by = $1 where used_by is null and `+where+` returning key`,
		append([]any{int64(1)}, args...)...)
	won, err := sqldb.Collect(rows, err, scanString)
	if err != nil {
		return nil, err
	}
	results := make([]sqldb.Result[bool], len(batch))
	for _, key := range won {
		results[first[key]].Value = true
	}
	return results, nil
}

func closing[Q, R any](t testing.TB, c *sqldb.Coalescer[Q, R]) *sqldb.Coalescer[Q, R] {
	t.Cleanup(c.Close)
	return c
}

// TestCoalescerGivesEachKeyOnce is the property that single-use codes stand on.
func TestCoalescerGivesEachKeyOnce(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		const keys, callers = 200, 64
		all := make([]string, keys)
		for i := range all {
			all[i] = fmt.Sprintf("k%03d", i)
		}
		addTickets(t, db, all...)
		// Two coalescers stand for two servers over one store.
		servers := []*sqldb.Coalescer[use, bool]{
			closing(t, sqldb.NewCoalescer(db, "test.redeem", redeem)),
			closing(t, sqldb.NewCoalescer(db, "test.redeem", redeem)),
		}
		wins := make([]atomic.Int64, keys)
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				for _, k := range rand.Perm(keys) {
					won, err := servers[caller%2].Do(t.Context(), use{all[k], int64(caller)})
					if err != nil {
						t.Error(err)
					}
					if won {
						wins[k].Add(1)
					}
				}
			})
		}
		group.Wait()
		for k := range wins {
			if n := wins[k].Load(); n != 1 {
				t.Errorf("%s was given %d times", all[k], n)
			}
		}
	})
}

// held is a coalescer whose first batch waits until it is let go, so that a test decides what queues up behind it.
type held[Q, R any] struct {
	*sqldb.Coalescer[Q, R]
	started chan int // sizes of batches
	let     chan struct{}
}

func hold[Q, R any](
	t *testing.T, db *sqldb.DB, run func(context.Context, *sqldb.Tx, []Q) ([]sqldb.Result[R], error), opts ...sqldb.CoalescerOption,
) *held[Q, R] {
	h := &held[Q, R]{started: make(chan int, 1000), let: make(chan struct{})}
	h.Coalescer = sqldb.NewCoalescer(db, "test.held", func(ctx context.Context, tx *sqldb.Tx, batch []Q) ([]sqldb.Result[R], error) {
		h.started <- len(batch)
		<-h.let
		return run(ctx, tx, batch)
	}, append([]sqldb.CoalescerOption{sqldb.WithWorkers(1)}, opts...)...)
	return h
}

// queue sends qs one by one while the first batch is held and returns their results once it is let go.
func (h *held[Q, R]) queue(t *testing.T, first Q, qs ...Q) []sqldb.Result[R] {
	t.Helper()
	results := make([]sqldb.Result[R], len(qs)+1)
	var group sync.WaitGroup
	send := func(i int, q Q) {
		group.Go(func() { results[i].Value, results[i].Err = h.Do(t.Context(), q) })
	}
	send(0, first)
	<-h.started
	for i, q := range qs {
		send(i+1, q)
		h.AwaitQueued(i + 1)
	}
	close(h.let)
	group.Wait()
	return results
}

type spend struct {
	claimant, amount int64
}

// claims inserts the claims of a batch and takes their sum from the budget, whose check constraint is the guard.
func claims(ctx context.Context, tx *sqldb.Tx, batch []spend) ([]sqldb.Result[int64], error) {
	var sum int64
	rows := make([][]any, len(batch))
	results := make([]sqldb.Result[int64], len(batch))
	for i, s := range batch {
		sum += s.amount
		rows[i] = []any{"b", s.claimant, true}
		results[i].Value = s.amount
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into claim (budget_id, claimant, paid)", rows, ""); err != nil {
		return nil, err
	}
	_, err := tx.Exec(ctx, `update budget set amount = amount - $1 where id = 'b'`, sum)
	return results, err
}

func withBudget(t *testing.T, db *sqldb.DB, amount int64) {
	t.Helper()
	if err := db.InTx(t.Context(), func(tx *sqldb.Tx) error { return insertBudget(t.Context(), tx, "b", amount) }); err != nil {
		t.Fatal(err)
	}
}

func TestCoalescerHalvesABatchThatAGuardStops(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		withBudget(t, db, 10)
		h := hold(t, db, claims)
		results := h.queue(t, spend{0, 1}, spend{1, 1}, spend{2, 1}, spend{3, 100}, spend{4, 1}, spend{4, 1}, spend{5, 1})
		h.Close()
		var paid int64
		for i, r := range results {
			refused := i == 3 || i == 5 // beyond the budget; the same claimant again
			if (r.Err != nil) != refused {
				t.Errorf("claim %d: %v", i, r.Err)
			}
			paid += r.Value
		}
		if !sqldb.IsUnique(results[5].Err) || sqldb.IsUnique(results[3].Err) {
			t.Errorf("the culprits got %v and %v", results[3].Err, results[5].Err)
		}
		spent := 10 - count(t, db, `select amount from budget where id = 'b'`)
		if rows := count(t, db, `select count(*) from claim`); paid != 5 || spent != 5 || rows != 5 {
			t.Errorf("told %d, spent %d, recorded %d; want 5", paid, spent, rows)
		}
	})
}

// TestCoalescerContainsATooLargeKey queues a key that PostgreSQL's index does not take among others.
func TestCoalescerContainsATooLargeKey(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		random := make([]byte, 8<<10) // does not compress
		_, _ = cryptorand.Read(random)
		large := hex.EncodeToString(random)
		h := hold(t, db, func(ctx context.Context, tx *sqldb.Tx, batch []string) ([]sqldb.Result[int], error) {
			rows := make([][]any, len(batch))
			for i, key := range batch {
				rows[i] = []any{key, int64(len(key)) + int64(key[0])}
			}
			return make([]sqldb.Result[int], len(batch)), sqldb.InsertRows(ctx, tx, "insert into ticket (key, serial)", rows, "")
		})
		results := h.queue(t, "a", "b", large, "c")
		h.Close()
		for i, r := range results {
			if r.Err != nil && i != 2 {
				t.Errorf("the large key cost another its place: %v", r.Err)
			}
		}
	})
}

func TestCoalescerContainsAPanic(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		withBudget(t, db, 10)
		h := hold(t, db, func(ctx context.Context, tx *sqldb.Tx, batch []spend) ([]sqldb.Result[int64], error) {
			results, err := claims(ctx, tx, batch)
			if slices.ContainsFunc(batch, func(s spend) bool { return s.claimant == 2 }) {
				panic("poison")
			}
			return results, err
		})
		results := h.queue(t, spend{0, 1}, spend{1, 1}, spend{2, 1}, spend{3, 1})
		h.Close()
		for i, r := range results {
			if (r.Err != nil) != (i == 2) {
				t.Errorf("claim %d: %v", i, r.Err)
			}
		}
		if kind := simtrust.KindOf(results[2].Err); kind != simtrust.KindInternal {
			t.Errorf("a panic is %s", kind)
		}
		if n := count(t, db, `select count(*) from claim`); n != 3 {
			t.Errorf("%d claims", n)
		}
	})
}

func TestCoalescerKeepsAnswersApart(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		h := hold(t, db, func(ctx context.Context, tx *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
			results := make([]sqldb.Result[int], len(batch))
			for i, q := range batch {
				results[i] = sqldb.Result[int]{Value: q * q}
				if q%2 == 1 {
					results[i] = sqldb.Result[int]{Err: errNo}
				}
				if err := insertBudget(ctx, tx, fmt.Sprint(q), int64(q)); err != nil {
					return nil, err
				}
			}
			return results, nil
		})
		results := h.queue(t, 0, 1, 2, 3, 4)
		h.Close()
		for q, r := range results {
			if q%2 == 1 && !errors.Is(r.Err, errNo) || q%2 == 0 && (r.Err != nil || r.Value != q*q) {
				t.Errorf("%d: %v %v", q, r.Value, r.Err)
			}
		}
		if n := budgets(t, db); n != 5 {
			t.Errorf("%d rows: one request's error undid others", n)
		}
	})
}

func TestCoalescerRefusesAWrongNumberOfAnswers(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c := closing(t, sqldb.NewCoalescer(db, "test.short", func(ctx context.Context, tx *sqldb.Tx, _ []int) ([]sqldb.Result[int], error) {
			return nil, insertBudget(ctx, tx, "b", 1)
		}))
		if _, err := c.Do(t.Context(), 1); err == nil || budgets(t, db) != 0 {
			t.Errorf("%v, %d rows", err, budgets(t, db))
		}
	})
}

func TestCoalescerRetriesOnRequest(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		runs := 0
		c := sqldb.NewCoalescer(db, "test.retry", func(_ context.Context, _ *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
			if runs++; runs < 3 {
				return nil, &pq.Error{Code: "40001"}
			}
			return make([]sqldb.Result[int], len(batch)), nil
		})
		_, err := c.Do(t.Context(), 1)
		c.Close()
		if err != nil || runs != 3 {
			t.Errorf("%v after %d runs", err, runs)
		}
	})
}

func TestCoalescerRunsAsOptionsSay(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for most, want := range map[int][]int{1: {1, 1, 1, 1}, 2: {2, 2}, 3: {3, 1}, 100: {4}} {
			h := hold(t, db, func(_ context.Context, _ *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
				return make([]sqldb.Result[int], len(batch)), nil
			}, sqldb.WithMaxBatch(most))
			h.queue(t, 0, 1, 2, 3, 4)
			h.Close()
			close(h.started)
			var sizes []int
			for n := range h.started {
				sizes = append(sizes, n)
			}
			if !slices.Equal(sizes, want) {
				t.Errorf("at most %d: batches of %v, want %v", most, sizes, want)
			}
		}
	})
}

func TestWithoutCoalescingEachRunsAlone(t *testing.T) {
	sqldbtest.EachURL(t, tickets, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url, sqldb.WithoutCoalescing())
		c := closing(t, sqldb.NewCoalescer(db, "test.alone", func(_ context.Context, _ *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
			if len(batch) != 1 {
				t.Errorf("a batch of %d", len(batch))
			}
			return []sqldb.Result[int]{{Value: batch[0]}}, nil
		}))
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				if got, err := c.Do(t.Context(), i); err != nil || got != i {
					t.Errorf("%d: %d %v", i, got, err)
				}
			})
		}
		group.Wait()
	})
}

func TestOneBatchAtATime(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		var running atomic.Int64
		c := closing(t, sqldb.NewCoalescer(db, "test.one", func(_ context.Context, _ *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
			defer running.Add(-1)
			if n := running.Add(1); n != 1 {
				t.Errorf("%d batches at once", n)
			}
			return make([]sqldb.Result[int], len(batch)), nil
		}, sqldb.WithOneBatch()))
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				if _, err := c.Do(t.Context(), i); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}

// TestOneBatchAlone: requests that are not merged run side by side: each waits for the other here.
func TestOneBatchAlone(t *testing.T) {
	sqldbtest.EachURL(t, tickets, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url, sqldb.WithoutCoalescing())
		if db.Dialect() == sqldb.SQLite {
			return // has one writer
		}
		var both sync.WaitGroup
		both.Add(2)
		c := closing(t, sqldb.NewCoalescer(db, "test.alone", func(context.Context, *sqldb.Tx, []int) ([]sqldb.Result[int], error) {
			both.Done()
			both.Wait()
			return make([]sqldb.Result[int], 1), nil
		}, sqldb.WithOneBatch()))
		var group sync.WaitGroup
		for i := range 2 {
			group.Go(func() {
				if _, err := c.Do(t.Context(), i); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}

func TestCoalescerLetsCallersLeave(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		h := hold(t, db, func(ctx context.Context, tx *sqldb.Tx, batch []string) ([]sqldb.Result[int], error) {
			for _, id := range batch {
				if err := insertBudget(ctx, tx, id, 1); err != nil {
					return nil, err
				}
			}
			return make([]sqldb.Result[int], len(batch)), nil
		})
		running, leaveRunning := context.WithCancel(t.Context())
		queued, leaveQueued := context.WithCancel(t.Context())
		var inBatch, inQueue error
		var group sync.WaitGroup
		group.Go(func() { _, inBatch = h.Do(running, "running") })
		<-h.started
		group.Go(func() { _, inQueue = h.Do(queued, "queued") })
		h.AwaitQueued(1)
		leaveRunning()
		leaveQueued()
		group.Wait()
		close(h.let)
		h.Close()
		wantReason(t, inBatch, sqldb.ReasonOutcomeUnknown)
		if !errors.Is(inBatch, context.Canceled) {
			t.Errorf("in a batch: %v", inBatch)
		}
		if !errors.Is(inQueue, context.Canceled) || simtrust.ReasonOf(inQueue) != "" {
			t.Errorf("in the queue: %v", inQueue)
		}
		var ids []string
		rows, err := db.Query(t.Context(), `select id from budget`)
		if ids, err = sqldb.Collect(rows, err, scanString); err != nil || !slices.Equal(ids, []string{"running"}) {
			t.Errorf("rows %v, %v; the batch goes on and what was left in the queue does not run", ids, err)
		}
	})
}

func TestCoalescerCloses(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		h := hold(t, db, func(_ context.Context, _ *sqldb.Tx, batch []int) ([]sqldb.Result[int], error) {
			return make([]sqldb.Result[int], len(batch)), nil
		}, sqldb.WithMaxBatch(1))
		results := h.queue(t, 0, 1, 2)
		h.Close()
		for _, r := range results {
			if r.Err != nil {
				t.Errorf("accepted before Close: %v", r.Err)
			}
		}
		_, err := h.Do(t.Context(), 3)
		wantReason(t, err, sqldb.ReasonClosed)
		h.Close()
	})
}

func TestCoalescerSurvivesALostConnection(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		db, admin := sqldbtest.Open(t, url), sqldbtest.Open(t, url)
		withBudget(t, db, 10)
		cut := true
		h := hold(t, db, func(ctx context.Context, tx *sqldb.Tx, batch []spend) ([]sqldb.Result[int64], error) {
			if len(batch) > 1 && cut {
				cut = false
				terminate(t, admin, tx)
			}
			return claims(ctx, tx, batch)
		})
		results := h.queue(t, spend{0, 1}, spend{1, 1}, spend{2, 1})
		if results[0].Err != nil {
			t.Error(results[0].Err)
		}
		for _, r := range results[1:] {
			wantReason(t, r.Err, sqldb.ReasonStoreUnavailable)
		}
		if n := count(t, db, `select count(*) from claim`); n != 1 {
			t.Errorf("%d claims", n)
		}
		if _, err := h.Do(t.Context(), spend{1, 1}); err != nil {
			t.Errorf("the next batch: %v", err)
		}
		h.Close()
	})
}

func TestCoalescerTellsAllOfAnUnknownOutcome(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		for name, cut := range map[string]int32{"commit lost": dropCommit, "answer lost": dropAnswer} {
			proxy, through := cutter(t, url)
			db := sqldbtest.Open(t, through)
			key := name
			if err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `insert into ticket (key, serial) values ($1, $2)`, key, int64(cut))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			h := hold(t, db, redeem)
			proxy.next.Store(cut)
			first := func() error { _, err := h.Do(t.Context(), use{key, 1}); return err }
			done := make(chan error)
			go func() { done <- first() }()
			<-h.started
			close(h.let)
			wantReason(t, <-done, sqldb.ReasonOutcomeUnknown)
			won, err := h.Do(t.Context(), use{key, 2})
			if err != nil || won != (cut == dropCommit) {
				t.Errorf("%s: the next attempt got %v, %v", name, won, err)
			}
			h.Close()
		}
	})
}

func readTickets(ctx context.Context, q sqldb.Querier, batch []string) ([]sqldb.Result[string], error) {
	where, args := sqldb.In(q.Dialect(), "key", 1, batch)
	rows, err := q.Query(ctx, `select key from ticket where `+where, args...)
	found, err := sqldb.Collect(rows, err, scanString)
	results := make([]sqldb.Result[string], len(batch))
	for i, key := range batch {
		results[i].Err = sql.ErrNoRows
		if slices.Contains(found, key) {
			results[i] = sqldb.Result[string]{Value: key}
		}
	}
	return results, err
}

func TestReadCoalescerAnswersEach(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		addTickets(t, db, "a", "b")
		c := closing(t, sqldb.NewReadCoalescer(db, "test.read", func(ctx context.Context, q sqldb.Querier, batch []string) ([]sqldb.Result[string], error) {
			if keys := slices.Compact(slices.Sorted(slices.Values(batch))); len(keys) != len(batch) {
				t.Errorf("equal requests in %v", batch)
			}
			return readTickets(ctx, q, batch)
		}))
		var group sync.WaitGroup
		for i := range 64 {
			group.Go(func() {
				for range 20 {
					key := []string{"a", "b", "none"}[i%3]
					got, err := c.Do(t.Context(), key)
					if key == "none" && !errors.Is(err, sql.ErrNoRows) || key != "none" && (err != nil || got != key) {
						t.Errorf("%s: %q, %v", key, got, err)
					}
				}
			})
		}
		group.Wait()
	})
}

// TestReadCoalescerIsFresh asks right after each write: an answer from before the question would be a revoked token accepted.
func TestReadCoalescerIsFresh(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		c := closing(t, sqldb.NewReadCoalescer(db, "test.fresh", readTickets))
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				for j := range 5 {
					key := fmt.Sprintf("k%d-%d", i, j)
					err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
						_, err := tx.Exec(t.Context(), `insert into ticket (key, serial) values ($1, $2)`, key, int64(i*100+j))
						return err
					})
					if err != nil {
						t.Error(err)
					}
					if _, err := c.Do(t.Context(), key); err != nil {
						t.Errorf("%s: %v", key, err)
					}
				}
			})
		}
		group.Wait()
	})
}

func TestReadCoalescerLetsCallersLeave(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		started, let := make(chan bool), make(chan bool)
		c := closing(t, sqldb.NewReadCoalescer(db, "test.leave", func(context.Context, sqldb.Querier, []int) ([]sqldb.Result[int], error) {
			started <- true
			<-let
			return make([]sqldb.Result[int], 1), nil
		}))
		defer close(let)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-started; cancel() }()
		if _, err := c.Do(ctx, 1); !errors.Is(err, context.Canceled) || simtrust.ReasonOf(err) != "" {
			t.Errorf("in a batch: %v", err)
		}
		if _, err := c.Do(ctx, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("ended before: %v", err)
		}
	})
}

func TestReadCoalescerRetriesOnRequest(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		attempts := 0
		c := closing(t, sqldb.NewReadCoalescer(db, "test.retry", func(context.Context, sqldb.Querier, []int) ([]sqldb.Result[int], error) {
			if attempts++; attempts < 3 {
				return nil, &pq.Error{Code: "40001"}
			}
			return make([]sqldb.Result[int], 1), nil
		}))
		if _, err := c.Do(t.Context(), 1); err != nil || attempts != 3 {
			t.Errorf("%v after %d attempts", err, attempts)
		}
	})
}

func TestReadCoalescerFailsAll(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for name, run := range map[string]func() ([]sqldb.Result[int], error){
			"error": func() ([]sqldb.Result[int], error) { return nil, errNo },
			"panic": func() ([]sqldb.Result[int], error) { panic("no") },
			"short": func() ([]sqldb.Result[int], error) { return nil, nil },
		} {
			c := closing(t, sqldb.NewReadCoalescer(db, "test.fails", func(context.Context, sqldb.Querier, []int) ([]sqldb.Result[int], error) {
				return run()
			}))
			if _, err := c.Do(t.Context(), 1); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}
