// Package authn answers one question: whose data session does this request come through?
//
// # The flow
//
// The packet gateway (the NAS) authenticates the SIM, gives its session an address and tells so by RADIUS accounting. Package
// [simtrust/authn/radius] receives the packets; [Service.Account] makes each record durable, and only then is it acknowledged.
// [Service.Locate] takes a request, finds its true client address, the session that holds it and the tenure behind it:
//
//	NAS --Accounting-Request--> radius --Record--> Account: judge, merge, commit --> Accounting-Response
//	phone --request--> Locate: client address --> claims on it --> one holder --> tenure and SIM still current --> Located
//
// # What a record may do
//
// A Start or Interim-Update opens or refreshes a session only on the tenure that is current and usable for its number, that lists
// its IMSI, and only if it took place no earlier than the tenure and the SIM. Instants are compared in whole seconds, which is what
// Event-Timestamp carries. Every other Start or Interim-Update is acknowledged, counted and put into quarantine, and the number is
// doubted from then on ([Service.Doubted]): tokens that rest on it die. It changes no holder fact. The address it names is in
// somebody's hands whom we cannot name, so until a later record tells, nobody is authenticated by that address.
//
// Any Stop ends its session, and Accounting-On and Accounting-Off end those of the NAS, unless dated more than [Skew] ahead of our
// clock: such a record is quarantined too. A SIM change comes from the operator's feed alone. A new IMEISV on the primary SIM is
// told to [Devices].
//
// # Which session holds an address
//
// A record leaves a claim on each address it names: an IPv4 address, the /64 of an IPv6 prefix, or a public address with a range
// of ports, each within the address realm of the NAS. Claims are merged by taking the earliest and the latest event time, Starts
// and Stops by taking the latest, so the outcome is the same for any order of arrival and any number of repetitions, on any number
// of servers. The rules that read them are pure functions (session.go):
//
//   - A session is over after its Stop, until a later Start of the same session id, and when its NAS went through On or Off.
//   - The session that opened last on an address holds it; those before it are over there, whatever they say later.
//   - An address that the latest record of a session does not repeat is no longer its address.
//   - Two sessions that both claim to hold an address authenticate nobody, nor do overlapping ranges of ports.
//
// # When a session authenticates nobody
//
//   - Its last record is older than twice the interim interval of its NAS.
//   - The listener was away for longer than the NAS repeats a packet, a Stop may be lost, and no record came since. The listener's
//     heartbeat is kept in the store ([Service.Run]), so this holds over a restart.
//   - The store cannot be written, so records are not being taken ([ReasonStoreUnwritable]).
//   - Its tenure or SIM is no longer current, as recorded at the moment of the question.
//
// # Header enrichment
//
// An operator's HTTP proxy may state the subscriber in a header. Only a signed one counts ([AssertionHeader]): a JWS of an
// allow-listed proxy, which also proves itself by its TLS client certificate, bound to method, URL and client address, used once.
// Its IMSI is judged as in a RADIUS record. [Service.StripEnrichment] drops every other header of that sort.
//
// # Standards
//
// RFC 2866 and 2869 (accounting), RFC 3162 (IPv6), RFC 8045 (port ranges), 3GPP TS 29.061 §16 (Gi/SGi), RFC 7239 (Forwarded),
// RFC 7515 and 7519 (the assertion), whose htm and htu are those of RFC 9449 §4.2 with the query included.
//
// # What it does not do
//
// It does not see who holds the phone, nor a laptop behind the phone's hotspot. It relies on the gateway to hold back traffic until
// the Start is acknowledged, else a reused address could speak for its predecessor. Several servers behind one listener address
// count as one listener. It issues no tokens: that is authn/oidc.
package authn
