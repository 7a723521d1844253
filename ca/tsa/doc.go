// Package tsa is a time-stamping authority: RFC 3161 over HTTP (section 3.4), with ESSCertIDv2 (RFC 5816).
//
// # Requests
//
// POST /tsa takes application/timestamp-query and answers application/timestamp-reply with status 200, refusals among them:
//
//   - badDataFormat: not a TimeStampReq in DER, or a digest of another length than its algorithm's;
//   - badRequest: another version than 1;
//   - badAlg: a digest algorithm other than SHA-256, SHA-384, SHA-512 and SM3;
//   - unacceptedPolicy: a policy that this authority does not have;
//   - unacceptedExtension: any extension, critical or not, as section 2.4.1 says;
//   - timeNotAvailable: the clock is not trusted;
//   - systemFailure: the time-stamping certificate has ended or does not yet hold, or the key does not sign.
//
// # Tokens
//
// A token carries the policy, the imprint as it came, a random serial number of 134 bits (unique over nodes and restarts without
// a record), genTime in milliseconds, the accuracy, and the nonce. It holds certificates if, and only if, they were asked for.
// ordering is absent, that is, false: several nodes stamp at a time, so tokens less than twice the accuracy apart say nothing
// about which came first. No record is kept of what was stamped.
//
// # The clock
//
// A wrong time is worse than none. No time is given
//
//   - after the wall clock jumped: it has moved by more than 500 ms against the monotonic clock since start, also because
//     the machine slept. The operator puts the clock right and restarts;
//   - at or before a time that was, or may have been, given before this start, by any node with this key. The store holds a bound
//     up to two seconds ahead, so a restart costs at most that long, and a clock set back costs until it has caught up;
//   - while this node's clock is more than 500 ms behind the bound that other nodes raised;
//   - when the store is away and the bound is reached.
//
// Within a process time never goes back. A bound that was raised by a wrong clock far ahead stops all nodes: the operator removes
// the row of table tsa_clock once the clocks are right. Keeping the clock synchronised with a source of legal time is the
// operator's.
//
// # The key
//
// At start the certificate must have extended key usage timeStamping, critical and alone (section 2.3), no other key usage than
// digitalSignature and nonRepudiation, a chain to its root, and the key. A delegate that replaces it takes over in a running node
// ([Service.Prepare]) after the same checks; the clock that was watched from the start goes on being watched.
package tsa
