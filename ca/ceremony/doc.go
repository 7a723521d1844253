// Package ceremony makes the hierarchy of the certificate authority, extends it, and loads it.
//
// # The ceremony
//
// One reviewed file (strict YAML, [Spec]) states the whole hierarchy: roots, issuing CAs for the lines bank, eid, enterprise and
// service, cross-certificates, the time-stamping delegate, and what is revoked. Each issuing CA gets an OCSP delegate
// (id-kp-OCSPSigning, ocsp-nocheck, digitalSignature only; RFC 6960 §4.2.2.2). [Ceremony.Plan] prints exactly what would be
// signed, [Ceremony.Run] signs it:
//
//	open or make the key → build the certificate → sign it with a throw-away key → inspect those bytes → put them on record in
//	the transcript → sign → compare → verify under the issuer's certificate → write → manifest
//
// The file only grows. What it states and does not exist is made; what exists is never made again, altered or removed. A
// roll-over is a new entry that replaces an old one: the old CA goes on to serve the status of what it issued. The manifest
// changes at once and last, so a run that broke off leaves the old hierarchy; the next run takes the keys it made.
//
// Some certificates no file can ask for: a weak or unknown algorithm, a chain that mixes SM2 with others or is weaker at its
// top, validity or path length beyond the issuer's, a CA that may answer OCSP or stamp time, a root that constrains itself into
// uselessness, a long-lived OCSP delegate.
//
// # On disk
//
//	hierarchy.json      the manifest, with its SHA-256
//	certificates/*.pem  every certificate ever made, named by id and digest
//	crls/*.crl          the CRLs of the roots, DER
//	transcript.txt      what was done, when, by which version, with digests; each line chained to the one before
//
// Keys are in a [keys.Vault] under the ids of their certificates. Those of roots may be in a vault of their own, which only a
// ceremony needs: a token in a safe.
//
// # Loading
//
// [Load] proves all of it at every start, each key by a signature that its certificate verifies, and fails closed.
//
// # Standards
//
// RFC 5280 (certificates, CRLs of the roots), RFC 7093 §2 method 1 (key identifiers), RFC 6960 (OCSP delegates), RFC 3161 §2.3
// (time-stamping: one critical extended key usage), GB/T 20518 and RFC 8998 (SM2 with SM3, id 1234567812345678).
//
// It issues nothing to subscribers: that is package ca.
package ceremony
