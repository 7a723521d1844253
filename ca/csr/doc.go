// Package csr reads PKCS#10 certification requests (RFC 2986) for an authority that signs nothing it has not understood.
//
//	octets ─▶ size ─▶ DER only ─▶ structure ─▶ key quality ─▶ proof of possession ─▶ names and extensions ─▶ [Request]
//
// A request is refused as a whole, with the reason, when any part of it is not what an authority may act on: nothing asked for is
// dropped in silence. Accepted keys are EC on P-256 and P-384, RSA of 2048 to 4096 bits, and SM2 (GB/T 32918), whose signature is
// checked with the user id 1234567812345678 of GM/T 0009 and no other. A curve is what the key's parameters say: an SM2 key under
// an ECDSA signature, or a P-256 key under an SM2 signature, is refused before any signature is checked.
//
// RSA keys are checked for what has broken real ones: an exponent below 65537 or even, small factors, primes so close that
// Fermat's method finds them, and the fingerprint of CVE-2017-15361 (ROCA). Keys known to be compromised are the caller's to
// know.
//
// What a request asks for is surfaced, never decided here: every subject alternative name of every type, key usages and other
// extensions. The subject is kept as the octets that were signed.
//
// CFCA's form, which writes challengePassword outside a SET, is not PKCS#10 and is refused.
//
// Signatures with SHA-1 or MD5 and RSASSA-PSS requests are refused; Ed25519, DSA and other curves too. Attributes other than
// challengePassword and extensionRequest are ignored, as RFC 2986 §4.1 leaves them to the authority; SET OF order is checked
// wherever the tag is universal, not under the implicit tag of the attributes, which common encoders do not sort.
package csr
