package simshield

import (
	"crypto"
	"slices"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/renumber"
	"simtrust/simshield/applet"
)

// Key states.
const (
	keyPending   = "pending"   // certified; the card has not said yet that it took the certificate
	keyActive    = "active"    // signs
	keySuspended = "suspended" // may come back: suspected theft
	keyEnded     = "ended"
)

// Causes of a key's end or suspension, beside those of transactions.
const (
	CauseReplaced  = "replaced" // by a newer one
	CauseSuspended = "suspended"
)

// Key is a key in a card, with its certificate.
type Key struct {
	ID          string
	Party       string
	Tenure      simtrust.TenureID
	ICCID       string
	Application applet.Application
	Kind        applet.Kind
	Algorithm   applet.Algorithm
	PublicKey   [33]byte
	Certificate string // ca's id
	Raw         []byte // DER
	Chain       [][]byte
	Identified  Identified
	CooledFrom  time.Time // since when the lower limit holds, for a while; zero: it does not
	State       string
	Cause       string
	Created     time.Time
	person      string
}

// public is the key for verification.
func (k Key) public() (crypto.PublicKey, error) {
	return applet.ParsePublicKey(k.PublicKey[:], k.Algorithm)
}

// serves says that the key may sign on a holding as it is now: nobody inherits a key with a number or a card.
func (k Key) serves(h renumber.Holding) bool {
	return k.State == keyActive && k.Tenure == h.ID && h.Usable() && primary(h) == k.ICCID
}

// revocation is the reason code (RFC 5280, section 5.3.1) by which the certificate follows the state that the key is in.
func (k Key) revocation() int {
	switch {
	case k.State == keySuspended:
		return ca.CertificateHold
	case k.State == keyActive:
		return ca.RemoveFromCRL
	case k.Cause == CauseReplaced:
		return ca.Superseded
	}
	return ca.CessationOfOperation
}

// primary is the card that serves the number; empty: none.
func primary(h renumber.Holding) string {
	i := slices.IndexFunc(h.SIMs, func(s renumber.SIM) bool { return s.Primary })
	if i < 0 {
		return ""
	}
	return h.SIMs[i].ICCID
}

// profiles are the certificate profiles of the keys, by application and kind. The domain of a signature is its key's policy.
var profiles = map[applet.Application]map[applet.Kind]string{
	applet.Bank: {
		applet.KindLogin: "bank-sim-login", applet.KindDocument: "bank-sim-document", applet.KindTransaction: "bank-sim",
	},
	applet.EID: {
		applet.KindLogin: "eid-login", applet.KindDocument: "eid", applet.KindTransaction: "eid-transaction",
	},
	applet.Enterprise: {
		applet.KindLogin: "enterprise-login", applet.KindDocument: "enterprise-document", applet.KindTransaction: "enterprise-transaction",
	},
}

// good says that a certificate may be relied on at an instant.
func good(s ca.Status, at time.Time) bool {
	return s.Known && s.State == ca.StateIssued && s.Revoked.IsZero() && at.Before(s.Expires)
}
