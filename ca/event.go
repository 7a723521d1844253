package ca

// Issued is the outbox event of the certificates issued in one commit, for the transparency log. Handlers may see it twice, and
// several at once: the events have no order among each other.
type Issued struct {
	Certificates []IssuedCertificate `json:"certificates"`
}

// IssuedCertificate is one certificate for the log.
type IssuedCertificate struct {
	ID      string `json:"id"`
	Profile string `json:"profile"`
	// SHA256 is of the DER.
	SHA256 []byte `json:"sha256"`
	// Raw is the DER where the profile is logged in full, that is for TLS; empty where it may name a person.
	Raw []byte `json:"raw,omitempty"`
}
