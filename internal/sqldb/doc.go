// Package sqldb opens the store and keeps its promises: one SQL text for SQLite and PostgreSQL, transactions that retry, batched
// hot writes and embedded migrations.
//
// # Two stores, one text
//
// SQLite is the embedded default, PostgreSQL is production. Statements use the subset both understand: $1 placeholders, on
// conflict … do update, returning, partial unique indexes, common table expressions, window functions, text ids, boolean, bytea,
// and bigint UTC milliseconds for every time, passed in from Go. A SQLite file belongs to one process: a second one is refused.
//
// # Transactions
//
// [DB.InTx] runs a function in a serializable transaction and runs it again when the store asks for that, so the function must
// have no effect outside the transaction; [Tx.OnCommit] is the place for a wake-up or a cache invalidation. A commit that was
// sent and not answered has an unknown outcome and is reported as such, never as success or as failure.
//
// # Hot writes
//
// [Coalescer] turns many concurrent requests into few durable batches, without a timer: what has queued up while the previous
// batch was being committed is the next batch. See its comment for the rules a batch function follows.
package sqldb
