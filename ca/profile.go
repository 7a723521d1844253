package ca

import (
	"crypto/x509"
	"encoding/asn1"
	"time"

	"simtrust/ca/csr"
	"simtrust/ca/qc"
)

// Profile is what the certificates of one purpose look like, and what happens to them.
type Profile struct {
	Name string
	// Line is whose issuers may issue it; AnyLine: an issuer of any line, named in the request.
	Line    Line
	AnyLine bool
	// Delegate says that its certificates speak for the authority itself. They are made in a key ceremony: no token authorises one.
	Delegate bool
	// Keys are the accepted kinds of subject keys. Escrowed says that the key comes from the key management side, without a CSR.
	Keys     []csr.Algorithm
	Escrowed bool
	Validity time.Duration

	KeyUsage       x509.KeyUsage
	ExtKeyUsage    []asn1.ObjectIdentifier
	ExtKeyCritical bool
	// Policy is the last arc of the policy's identifier under [Config.PolicyArc].
	Policy int
	// NoStatus leaves out OCSP and CRL addresses and says id-pkix-ocsp-nocheck instead.
	NoStatus bool

	Subject []AttributeRule
	// Tenured says that the subject's serial number is derived from profile, relying party and tenure.
	Tenured bool
	// Person asks for surname and given name, or a pseudonym, never both.
	Person               bool
	Tenure, RelyingParty Presence
	DNS, IP, Email, URI  Presence
	// SomeSAN asks for at least one alternative name; NameFromSANs lets the common name be one of them only.
	SomeSAN, NameFromSANs bool
	// Wildcard allows DNS names such as *.example.com: for every name one label below.
	Wildcard bool
	QC       *qc.Statements

	// Reasons are those of a revocation; Hold allows certificateHold beside them.
	Reasons []int
	Hold    bool
	// OnTenureEnded and OnSIMChanged are what these events do.
	OnTenureEnded, OnSIMChanged Action
	Renew                       bool
	// LogFull publishes the certificate in the log, otherwise only its hash.
	LogFull bool
}

// Presence says whether a part of a request must, may or must not be there.
type Presence string

// The presences. The zero value forbids.
const (
	Forbidden Presence = ""
	Optional  Presence = "optional"
	Required  Presence = "required"
)

// Action is what an event does to a certificate.
type Action string

// The actions. The zero value leaves the certificate alone.
const (
	ActionNone   Action = ""
	ActionRevoke Action = "revoke"
	ActionHold   Action = "hold"
)

// AttributeRule allows an attribute of the subject, in the order of the profile's list.
type AttributeRule struct {
	Attribute Attribute
	Required  bool
}
