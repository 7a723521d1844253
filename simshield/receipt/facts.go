package receipt

import (
	"time"

	"simtrust/simshield/applet"
)

// Facts are what is known of a signature when it comes from the card.
type Facts struct {
	ID string // of the transaction
	// Party is the client id of who asked, Name its registered name, as the card showed it.
	Party, Name string
	// Request is the compact JWS by which the party asked, and JWKS the keys that it had registered; both empty where the request came
	// by a face without signed requests.
	Request string
	JWKS    []byte
	// Statement is the DER that was signed over; nil where the card signed Hash.
	Statement     []byte
	Hash          []byte
	HashAlgorithm applet.HashAlgorithm
	Kind          applet.Kind
	Algorithm     applet.Algorithm
	Signature     applet.Signature
	// SignedData is what applet.Assemble made of Statement and Signature, where it has, for it is what verifies them. Nil: it is made.
	SignedData []byte
	// Issuer and Certificate are ca's ids; Raw is the certificate and Chain its issuers, the root last, DER.
	Issuer, Certificate string
	Raw                 []byte
	Chain               [][]byte
	// ICCID names the card; the receipt carries a digest of it only.
	ICCID   string
	Counter uint64
	// Command and Response are the secured packets as sent and received.
	Command, Response []byte
	// Decision is the policy's, as JSON.
	Decision []byte
	Created  time.Time // when the party asked
	Received time.Time // when the signature came
}
