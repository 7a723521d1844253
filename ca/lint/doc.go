// Package lint says, before a certificate is signed, what is wrong with it.
//
// The authority builds a certificate, signs it with a throw-away key and has it linted here; only an empty list of findings lets
// the real key sign the same bytes. The rules are written down a second time on purpose: [For] knows what a certificate of each
// profile looks like from the table in this package and from the issuer, not from the authority's own profiles, so a mistake in
// one of the two is found by the other.
//
//	DER ─▶ parse (gmsm smx509) ─▶ own lints, names starting with st_: every algorithm
//	                           └▶ zlint, filtered when the set is built: EC and RSA; it does not know the SM2 curve
//
// Own lints cover serial numbers (RFC 5280 §4.1.2.2, 64 random bits), validity (inclusive of both ends, within the issuer's),
// the link to the issuer (octets of its name, key identifier, signature algorithm), key usage and extended key usage by profile
// and algorithm, the pointers to status and policy, the subject (order, string types, nothing that looks like a telephone
// number), alternative names, and the QCStatements of profile eid.
//
// zlint's lints that are left out are named in suppressed.go with the reason of each; a test fails when one of them would no
// longer object. A set costs some milliseconds to build and well under 0.3 ms a certificate to ask.
package lint
