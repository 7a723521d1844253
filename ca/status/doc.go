// Package status says which certificates are revoked: an OCSP responder and a publisher of CRLs, both over the register that
// package ca keeps.
//
// # OCSP
//
// RFC 6960 by POST and GET, with the caching rules of RFC 5019 and nonces of 1 to 128 octets (RFC 9654); several certificates in a
// request; CertIDs by SHA-1, SHA-256 and SM3. A serial number without a row is unknown; one that is reserved or issued is good; a
// revoked or abandoned one is revoked, certificates on hold among them. Answers are signed by the issuer's delegate, with
// SM2-with-SM3 where that holds an SM2 key.
//
// An answer is signed once and kept, per issuer, serial number and form of the CertID. Those that are asked for are signed again
// ahead, before they are old. A kept answer is served as long as
//
//   - the register was looked at for changes within the last second, and none concerned it: so a revocation by another node is
//     seen within a second, and one by this node, of which [Service.Changed] tells, at once;
//   - failing that, the register says the same as before;
//   - failing that too, because the store is away, until its nextUpdate, at most 10 minutes after the last check. Then the answer
//     is tryLater.
//
// Answers about unknown serial numbers are never kept: the serial may be reserved the next moment. HTTP caches may keep the
// others for a minute.
//
// # CRLs
//
// Each issuer has as many lists as ca has shards. Each is complete for the certificates that name its address, and its issuing
// distribution point is exactly that address, for end-entity certificates only. The number is the millisecond of publication, or
// one more than the last where the clock has not got past it: it rises over restarts and nodes because a list replaces the row of
// the one before in the store, and over a restored backup because of the clock. Before publication a list is read back and held
// against what it must be: signature, issuer, number, nextUpdate, address. An expired certificate leaves the list after one list
// beyond its expiry, and not before it was listed for a whole period of validity more. After a roll-over the old issuer's lists
// go on under its own key.
//
// A revocation is published within 10 s. Lists are published again well before their nextUpdate, also without changes, and once when
// a node starts, since it cannot tell whether the store was restored from a backup. Lists dated by a clock that was ahead are replaced
// as soon as it is right, with what they left out as expired.
//
// # Another hierarchy
//
// New issuers and renewed delegates take over in a running node ([Service.Prepare]): all of them at one moment, or none. A node that
// tells the status of an issuer early does no harm, so it does before any node issues from it.
//
// # What it does not do
//
// No delta CRLs: shards are small, and clients that read delta CRLs are few. No answers for issuers of others. It neither revokes
// nor decides about reasons.
package status
