// Package gm issues pairs of SM2 certificates, as systems under Chinese commercial cryptography rules have them: one to sign with,
// whose key only the subscriber ever had, and one to encrypt to, whose key the key management side makes.
//
// # Standards
//
// GM/T 0015 (certificates), GM/T 0034 (the system of CA and key management centre), GB/T 35276 (SM2EnvelopedKey) and GM/T 0092
// (CSRResponse). All signatures are under the identity 1234567812345678.
//
// # The flow
//
//	token, CSR signed with the signing key ──▶ signing certificate
//	key management side makes a key        ──▶ encryption certificate: same subject, issuer and end
//	its private key under a fresh SM4 key, that under the signing key ──▶ envelope
//
// Only the signing key opens the envelope. Where the second certificate cannot be issued the first one is revoked, and another token
// begins again. A node that ends between the two leaves the first one alone, as does an answer that got lost: it is not repeated, because
// the private key is kept by nobody here. Revoke what there is, and begin again.
//
// # What it does not do
//
// It keeps no key. [Forgetful] makes keys without escrow; a key management centre that can recover them implements [KeyCentre].
package gm
