// Package qc encodes and parses the qualified certificate statements extension (RFC 3739 §3.2.6) with the statements of ETSI EN
// 319 412-5: compliance, legislation, transaction limit, retention, secure device, disclosure statements and type.
//
// What a statement claims is the authority's to decide; this package only keeps what is written readable and exact. Parse accepts
// DER with each statement at most once and refuses statements it does not know, so that nothing is signed unread.
package qc
