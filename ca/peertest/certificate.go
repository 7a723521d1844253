package peertest

import (
	"encoding/json"
	"testing"
	"time"
)

// Certificate is a question to certificate.mjs: Chain goes from the issuer to a root.
type Certificate struct {
	Raw   []byte    `json:"certificate"`
	Chain [][]byte  `json:"chain"`
	Roots [][]byte  `json:"roots"`
	Lists [][]byte  `json:"lists"`
	At    time.Time `json:"at"`
}

// Reading is what the readers make of a certificate.
type Reading struct {
	// Verified and Path are true, or why the signature does not verify, and why there is no way to a root.
	Verified any `json:"verified"`
	Path     any `json:"path"`
	// Subject has the attributes in order, each by its short name or identifier.
	Subject []map[string][]string `json:"subject"`
	// Usages are the bits of the key usage, the first of the extension being the lowest.
	Usages int `json:"usages"`
	// Statements are the qualified ones by identifier, as @peculiar/asn1-x509-qualified-etsi and PKI.js see them.
	Statements       map[string]json.RawMessage `json:"statements"`
	StatementsInPath []string                   `json:"statementsInPath"`
}

// Read asks certificate.mjs.
func (c Certificate) Read(t testing.TB) Reading {
	t.Helper()
	return Ask[Reading](t, "certificate.mjs", c)
}
