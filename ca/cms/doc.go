// Package cms signs and verifies signed data (RFC 5652, section 5): receipts, and the tokens of a time-stamping authority.
//
//	signer, err := cms.NewSigner(key, certificate, issuer)
//	der, err := signer.Sign(cms.Message{Content: receipt, Detached: true, Certificates: true, Attributes: []cms.Attribute{cms.SigningTime(now)}})
//
//	verifier, err := cms.NewVerifier(cms.AnyUsage, roots)
//	signed, err := verifier.Verify(der, receipt, when)
//
// What is written is DER and has one signature, over signed attributes: content-type, message-digest, signing-certificate-v2
// (RFC 5035, section 3) and what the caller adds, in the order that DER asks of a SET OF. Keys are of P-256, P-384, RSA or SM2. SM2
// signs the attributes under the identity 1234567812345678, with SM3 and the algorithm identifier of GM/T 0010
// (1.2.156.10197.1.301.1). The types of data and signed data are those of PKCS (1.2.840.113549.1.7); a message of SM2 may ask for
// those of GB/T 35275 (1.2.156.10197.6.1.4.2) and its one version of the same structure. Both are read.
//
// A key that is elsewhere, such as in a SIM, signs what [SignedAttributes] returns, and [Assemble] puts the message together.
//
// What is read must be just that. A signature without signed attributes is refused: the DER of somebody's attributes would pass
// for content that they signed. Attributes out of order, twice, or in BER are refused, and so is a signing certificate other than
// the one that signing-certificate-v2 names. The chain is judged at an instant that the caller gives: that of a time stamp over
// the signature, or now; the signing-time attribute is only what the signer says.
//
// Revocation is not looked at. Of what is read, revocation lists and unsigned attributes are skipped.
package cms
