// Package ca is the certificate authority: it issues, finds, renews and revokes certificates of the lines bank, eID, enterprise
// and service.
//
// # The order of issuance
//
// A certificate comes about in this order, and at every point in it a crash leaves nothing that is signed and not recorded:
//
//  1. authorise: a single-use token scoped to profile and subject, or the face (ACME, EST) that did it in its own way;
//  2. check the request: proof of possession, quality of the key, nothing refused asked for (package ca/csr);
//  3. build the certificate to be signed once, with a fresh serial of 120 random bits;
//  4. lint those bytes under a throw-away signature (package ca/lint);
//  5. one durable insert: the bytes, in state signing, with the audit entry, the spent token and the unique serial;
//  6. sign exactly those bytes; compare what the certificate holds with what was linted; verify under the issuer's key;
//  7. one durable insert: the signature, the audit entry and the event for the transparency log;
//  8. answer.
//
// From step 5 on the serial is revocable and known to OCSP. Recovery never signs again: a row that stays in signing becomes
// abandoned, which is revoked. Whether a row is issued or abandoned is decided by the one row its outcome can have.
//
// # What hangs on a tenure
//
// A subscriber's certificate names nobody's number. Its subject carries HMAC(key of profile and relying party, tenure) as serial
// number, so that two parties cannot tell that they hold certificates of one person. When the tenure ends, or its SIM changes,
// the certificates are revoked or held as their profiles say; those of a profile that this version does not know are revoked.
//
// # Standards
//
// RFC 5280 (profile of certificates and CRLs), RFC 2986 (requests), ETSI EN 319 412 parts 1 to 5 (eID), GB/T 20518 and GM/T 0015
// (SM2), FIPS 186-5. OCSP and CRLs are made in ca/status from the rows this package keeps, RFC 8555 and RFC 7030 are spoken in
// ca/acme and ca/est.
//
// It does not make keys or the hierarchy: that is a ceremony (ca/ceremony), whose result it is given as a [Hierarchy].
package ca
