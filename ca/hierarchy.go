package ca

import (
	"bytes"
	"crypto"
	"fmt"
	"time"

	"simtrust/internal/keys"
)

// Line is a line of business with issuing authorities of its own.
type Line string

// The lines.
const (
	LineBank       Line = "bank"
	LineEID        Line = "eid"
	LineEnterprise Line = "enterprise"
	LineService    Line = "service"
)

// Issuer is an issuing authority.
type Issuer struct {
	// ID is stable and stands in URLs and rows: lower-case letters, digits and hyphens, such as bank-p256-2026.
	ID        string
	Line      Line
	Algorithm keys.KeyAlgorithm
	// Raw is the certificate, DER.
	Raw []byte
	// Subject is the raw DER name, copied into what it issues; KeyID is its subject key identifier.
	Subject, KeyID      []byte
	NotBefore, NotAfter time.Time
	// Signer holds the key. One of SM2 takes the message itself with sm2.DefaultSM2SignerOpts, that is, under the identity
	// 1234567812345678.
	Signer crypto.Signer
	// Chain is DER, this issuer first, the root last.
	Chain [][]byte
	// OCSP signs its status answers.
	OCSP *Delegate
	// Active says that new certificates come from here; otherwise it only serves the status of those it issued (roll-over).
	Active bool
}

// Delegate is a certificate with its key that speaks for an authority: OCSP answers, time stamps.
type Delegate struct {
	Raw      []byte
	Signer   crypto.Signer
	NotAfter time.Time
}

// Hierarchy is everything a key ceremony made.
type Hierarchy struct {
	Issuers []*Issuer
	// Roots are DER.
	Roots [][]byte
	TSA   *Delegate
	// TSAChain is DER, the time-stamping certificate first, the root last.
	TSAChain [][]byte
}

// Issuer returns the issuer of that id, active or not.
func (h *Hierarchy) Issuer(id string) (*Issuer, bool) {
	for _, i := range h.Issuers {
		if i.ID == id {
			return i, true
		}
	}
	return nil, false
}

// extends fails where h lacks an issuer of an earlier hierarchy, or has another under its name: nobody would tell the status of what
// that one issued.
func (h *Hierarchy) extends(earlier *Hierarchy) error {
	for _, i := range earlier.Issuers {
		if now, ok := h.Issuer(i.ID); !ok || !bytes.Equal(now.Raw, i.Raw) {
			return fmt.Errorf("ca: the issuer %s is gone, or is another: restore the hierarchy", i.ID)
		}
	}
	return nil
}
