// Package receipt makes and verifies the evidence of a signature that a person gave with the SIM card.
//
//	notary := receipt.New(receipt.Deps{Stamper: stamps, Statuses: status, Log: log, CardKey: key})
//	evidence, err := notary.Seal(ctx, facts)
//	evidence, err = notary.Include(ctx, facts.ID, evidence) // later, for who asks for it
//
//	report, err := receipt.Verify(evidence, roots, receipt.Options{Log: logKey})
//
// # The bundle
//
// Version 1 is one JSON object (RFC 8259) in one form: members in this order, no spaces, nothing twice, nothing else; octets are base64
// with padding. What does not apply is left out.
//
//	version            1
//	id                 of the transaction
//	party, party_name  client id of who asked, and its name as the card showed it
//	kind, algorithm    login, document, transaction; P-256, SM2
//	request            compact JWS by which the party asked
//	jwks               the keys that it had registered
//	statement, text    DER of what the person confirmed, and the text that the card showed; or
//	hash_algorithm, hash  what the card signed for a protocol that knows only hashes
//	verification_code  four digits that both screens showed
//	issuer, certificate   ids of the certificate and its issuer in the register
//	card               a name for the card that only this party sees: HMAC-SHA-256 of party and ICCID under the operator's secret
//	counter            of the command packet
//	command, response  secured packets (ETSI TS 102 225) as sent and received; the operator holds the keys
//	created, received  when the party asked, and when the signature came (RFC 3339)
//	signature          SEQUENCE of r and s, DER
//	signed_data        the same in signed data over the statement (RFC 5652; GB/T 35275 under SM2)
//	certificates       the signer's certificate and its issuers without the root, DER
//	decision           what the policy said, and on which sums
//	time_stamp         token over signature (RFC 3161): SHA-256, or SM3 under SM2
//	ocsp               response about the certificate (RFC 6960)
//	inclusion          in the transparency log: index, path, checkpoint
//
// # What holds it together
//
// The person's signature covers the statement. The time stamp covers the signature. The OCSP response was asked for after the time
// stamp, and its nonce is the SHA-256 of the bundle up to time_stamp: so the responder's signature covers every octet before it, and
// the response cannot be older than any of them. The transparency log has the SHA-256 of the bundle up to ocsp. Responders and
// time-stamping authorities answer anybody, so the seal says that the bundle was so within a minute of its time stamp, and the log that
// the operator stands by it.
//
// In ECDSA (r, n-s) is the same signature as (r, s). The person's signature in that form is refused, because the time stamp is over the
// other octets, and so is one in the request, the statement's signed data or the time stamp, because of the seal. For the response's own
// signature and its delegate's certificate only the log's proof tells the difference.
//
// # What is not verified
//
// That the keys in jwks were the party's: the operator says so, and the party knows. The packets: only the operator can open them. That
// the text was on the screen: that rests on the card's applet. Whether the time-stamping authority's certificate was revoked: the bundle
// has no status of it.
package receipt
