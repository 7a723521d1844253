// Package radius receives RADIUS accounting (RFC 2866) from packet gateways: which subscriber, by number and SIM, holds which
// address. It checks and decodes; what a record means is decided by its [Accountant].
//
//	NAS ──Accounting-Request──▶ source in the table? ─▶ Request Authenticator? ─▶ seen before? ─▶ Accountant ─▶ durable
//	 ▲                             no: dropped             no: dropped              under way: dropped            │
//	 └──Accounting-Response─────────────────────────────────────────────────────── done: answered ◀───────────────┘
//
// A request is acknowledged only after Account has returned nil. Whatever else happens, the answer is silence (RFC 2866 §4.1)
// and a count by [Outcome]: the NAS sends the request again, or an operator sees the count rise. When more requests are under way
// than Options allows, further ones are dropped, never queued.
//
// Retransmissions are recognised by source, identifier and authenticator. While the first copy is under way the others are
// dropped; after it was acknowledged the same response is sent again, for the NAS's retransmission horizon and as long as
// memory allows. Beyond that a copy reaches the Accountant again, which must be idempotent anyway: a NAS that counts up
// Acct-Delay-Time sends different octets each time.
//
// What the protocol cannot give: the authenticator is an MD5 over the shared secret, so accounting belongs on the operator's own
// network or in a tunnel; and a request has no nonce, so a replay on the wire is harmless only because records apply in the
// order of their Event-Timestamp, which every gateway should therefore send.
package radius
