// Package mobileid is the face of Mobile-ID's REST API (SK-EID/MID, interface 5.2.1): programs that log people in and have documents
// signed through it work here with another base URL. It only translates; what is asked, shown and signed is package simshield's.
//
//	POST /mid-api/certificate                     the document certificate, or NOT_FOUND
//	POST /mid-api/authentication                  a prompt for the login PIN; a session
//	POST /mid-api/signature                       a prompt for the signing PIN; a session
//	GET  /mid-api/{authentication|signature}/session/{id}?timeoutMs=
//	GET  /mid-api/version
//
// # Keys
//
// Authentication is by the eID login key, signature by the eID document key, each over the hash that was sent; the algorithm is always
// SHA…WithECEncryption, the value r and s, 32 octets each. A transaction key has no way into this package. A key of SM2 does not sign such
// hashes: its holder is no client here.
//
// # Who asks
//
// A relying party is an application with a relyingPartyName and relyingPartyUUID (package access), which may be bound to networks. The
// card shows the name that the application is registered under, never the one of the request. Polls carry no credential in this protocol:
// the session's id is one, 122 random bits, and it works from the relying party's networks only.
//
// The nationalIdentityNumber must be the one that the key was registered with. Where it is not, or the number has no key, or the key's
// certificate does not stand, the answer is the same: NOT_MID_CLIENT, NOT_FOUND for a certificate. Guesses are limited.
//
// # Where it differs
//
// A card that is being asked is not asked again: the session ends at once with DELIVERY_ERROR. More prompts than a card may get in a
// minute are HTTP 429. A text that is not in the alphabet it claims, or could be shown in another way than it is meant, is HTTP 400
// and not changed. ZHO is one language more; EST, RUS and LIT get the text as it is under English headings. A blocked PIN is SIM_ERROR.
// A session ends when the person has had simshield's time; it is known for 5 minutes.
package mobileid
