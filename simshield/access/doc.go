// Package access knows applications by the names and secrets that the protocols of the faces have: relyingPartyName and relyingPartyUUID
// of Mobile-ID, AP_ID and AP_PWD of ETSI TS 102 204. An operator gives them to a registered application; the name is for the protocol
// only, and what a card shows is the name that the application is registered under.
//
// A secret has 122 random bits or more and is shown once; its SHA-256 is kept, and compared in constant time. A name may be bound to the
// networks that its application calls from.
package access
