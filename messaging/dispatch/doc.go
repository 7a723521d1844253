// Package dispatch is the distribution system of messages: one state machine for every message and recipient, a table of deliveries
// with leases, and the bearers behind one interface. It knows nothing of what a message says.
//
//	Accept, in the caller's transaction ─▶ waiting ─▶ who may be written to, whom the channel reaches ─▶ attempt, durable ─▶ Bearer.Submit
//	Listener, before a copy can leave ◀─ attempt, durable
//	Listener, in the transaction of the change ◀─ next(position, event) ◀─ outcome, Report, Bearer.Query, Bearer.Cancel, Revoke, time
//
// # Promises
//
//   - What was accepted is not lost: every delivery comes to an end, whatever is lost or killed on the way, at the latest when the grace
//     after its expiry is over. The end may be unknown.
//   - An attempt is submitted at most once. Its number is durable before the bearer is asked, under a lease that no other node holds.
//   - Of a message of class service or promotion a second copy is made only when the first is known not to arrive: it was not taken,
//     failed, expired, or was taken back. Where nobody can say, the delivery ends as unknown.
//   - Of a message of class authentication or transaction a second copy may be made on doubt, once. It carries the same delivery id and
//     both it and every later word on the delivery are marked as a possible duplicate.
//   - A submission whose answer was lost is asked about, never repeated unasked.
//   - A state only rises in rank: queued, submitted, unknown, then failed, expired, revoked or refused, then delivered, displayed. So a
//     copy that arrived counts whatever was reported before or after, and a late final state corrects an unknown one.
//   - Right before every submission it is asked whether the recipient may still be written to. Where that cannot be told nothing is sent.
//   - After a revocation is committed no further copy is made.
//
// # The machine
//
// A delivery is in one phase; what happens in it moves it to another, or to its end. "Next" is the next step of the plan that admits the
// cause, "stop" the end that the halt or the time gives. An end waits while a copy may still arrive.
//
//	phase       event                          then
//	waiting     leased                         barred: stop as refused; unreachable: next, else failed; it cannot be told: later
//	waiting     leased, may be written to      submitting, with the next attempt
//	waiting     expiry, revocation             stop: expired, revoked
//	submitting  accepted                       submitted, until the step has had its time
//	submitting  rejected                       next, else failed
//	submitting  throttled                      waiting, in its old place; what is urgent and late: next
//	submitting  postponed                      the same, put off, what is not urgent longer each time: the channel goes on with others
//	submitting  no answer, or a crash          asking
//	asking      the bearer has it              submitted
//	asking      it never will                  next, else failed
//	asking      it cannot say                  urgent, once: waiting, as a possible duplicate; else again, until the end: unknown
//	submitted   the step has had its time      cancelling, where another step could follow
//	submitted   revocation                     cancelling
//	submitted   the end                        asking, for the last time; then unknown
//	cancelling  taken back                     next; after a revocation: revoked
//	cancelling  too late, or nobody knows      urgent, once: waiting on the next step, as a possible duplicate; else submitted until the end
//	any         failed, expired                next, else failed, expired; the end of an earlier copy is noted
//	any         delivered, displayed           delivered, displayed: final, whichever copy it was
//
// # Nodes
//
// Any number of nodes may run over one PostgreSQL, with clocks that agree to a second or two. They lease due rows under row locks that
// none waits for; a lease that ran out is known by its number, and what was found out under it is void, but for a bearer's word on a
// copy. Leases and changes go through coalescers, so a batch of deliveries takes few statements, and what several workers found out at
// once one transaction. Reports that come before the reference they are about is known are kept for an hour.
//
// Where so many nodes run that they would meet in the table they may learn from a queue beside it what is new ([Hints], package
// jetstream): Accept tells of a message by the outbox, Announce puts its hints, a hint entitles to the first lease. Whatever comes later in a
// delivery's life, and every hint that is lost, is found in the table.
package dispatch
