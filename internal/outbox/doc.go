// Package outbox carries events from one module to others: written in the transaction of the change they tell of, delivered after
// its commit, at least once, in order per subscriber and tenure.
//
// # Promises
//
//   - An event appended in a transaction that commits reaches every subscriber of its type; one that rolls back reaches nobody.
//   - A handler may see an event again, after a crash or a lost answer, so handlers are idempotent.
//   - A subscriber sees the events of one tenure in the order of their sequence numbers, which the writer counts up on the tenure's
//     row in the same transaction. A failing event holds back the later ones of its subscriber and tenure, and nothing else.
//   - Nothing about security waits for delivery: every use asks whether its tenure is current.
//
// # How
//
// There is one row per event and subscriber, deleted when the handler has succeeded. A dispatcher claims the first row of each
// tenure by moving its due time past a lease of five seconds, and renews the lease while handlers are at work; when it dies, the
// rows are due again after the lease. Several processes may dispatch from one store, with clocks that agree to a second or two. A
// commit wakes the dispatchers of its own process; those of others find the row by a slow poll.
package outbox
