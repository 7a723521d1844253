package ca

import (
	"crypto"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"simtrust"
)

// The states of a certificate. Revocation stands beside them: a certificate in any state can be revoked.
const (
	// StateSigning says that a signature may exist.
	StateSigning = "signing"
	StateIssued  = "issued"
	// StateAbandoned says that the node ended between recording and signature: it may have been signed, was handed to nobody and
	// is revoked.
	StateAbandoned = "abandoned"
)

// Reasons of revocation (RFC 5280, section 5.3.1).
const (
	Unspecified          = 0
	KeyCompromise        = 1
	AffiliationChanged   = 3
	Superseded           = 4
	CessationOfOperation = 5
	CertificateHold      = 6
	// RemoveFromCRL releases a certificate from hold.
	RemoveFromCRL      = 8
	PrivilegeWithdrawn = 9
)

var revocationWords = [...]string{"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
	"certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise"}

// RevocationWord is the name of a reason of revocation in RFC 5280, or its number where it has none.
func RevocationWord(code int) string {
	if code >= 0 && code < len(revocationWords) && revocationWords[code] != "" {
		return revocationWords[code]
	}
	return strconv.Itoa(code)
}

// Certificate is one row of the register.
type Certificate struct {
	// ID is the issuer's id, a dot and the serial number in lower-case hexadecimal.
	ID           string
	Issuer       string
	Profile      string
	Subject      Subject
	SANs         SANs
	Serial       []byte   // the content octets of the INTEGER
	Raw          []byte   // DER; nil until issued
	Chain        [][]byte // DER, the issuer first, the root last; not in listings
	NotBefore    time.Time
	NotAfter     time.Time // the last second of validity
	Tenure       simtrust.TenureID
	RelyingParty string
	Requester    string
	State        string
	Revoked      time.Time // zero: not revoked
	Reason       int
	Shard        int
	KeyHash      [32]byte // SHA-256 of the SubjectPublicKeyInfo
	Created      time.Time
}

// CertificateID names a certificate.
func CertificateID(issuer string, serial []byte) string {
	return issuer + "." + hex.EncodeToString(serial)
}

// SplitID takes an id apart; false where it is none.
func SplitID(id string) (issuer string, serial []byte, ok bool) {
	issuer, digits, ok := strings.Cut(id, ".")
	if !ok || issuer == "" || !ascii(issuer) || digits != strings.ToLower(digits) {
		return "", nil, false
	}
	serial, err := hex.DecodeString(digits)
	return issuer, serial, err == nil && len(serial) > 0 && len(serial) <= 20
}

// Subject is a subject's name as a requester gives it. Which members are allowed or needed is the profile's; the serial number
// is always ours.
type Subject struct {
	Country            string `json:"country,omitzero"`
	Province           string `json:"province,omitzero"`
	Locality           string `json:"locality,omitzero"`
	Organization       string `json:"organization,omitzero"`
	OrganizationID     string `json:"organization_id,omitzero"` // 2.5.4.97, ETSI EN 319 412-1, section 5.1.4
	OrganizationalUnit string `json:"organizational_unit,omitzero"`
	GivenName          string `json:"given_name,omitzero"`
	Surname            string `json:"surname,omitzero"`
	Pseudonym          string `json:"pseudonym,omitzero"`
	CommonName         string `json:"common_name,omitzero"`
}

// SANs are subject alternative names.
type SANs struct {
	DNS    []string     `json:"dns,omitempty"`
	IPs    []netip.Addr `json:"ips,omitempty"`
	Emails []string     `json:"emails,omitempty"`
	URIs   []string     `json:"uris,omitempty"`
}

// IssueReq asks for a certificate. The requester has been authorised for exactly this.
type IssueReq struct {
	Profile string
	// CSR is a PKCS#10 request, DER. Only its key counts; alternative names in it must be among those asked for here.
	CSR []byte
	// Key stands instead of CSR where the key management side made it: profiles of encryption certificates only. An
	// *ecdsa.PublicKey, on sm2.P256() for SM2.
	Key crypto.PublicKey
	// PairOf is the profile of the signing certificate that an encryption certificate belongs to, beside Key: the two have the same
	// subject, its serial number included.
	PairOf string
	// Issuer is the id of the issuer wanted; empty: the active one of the profile's line that fits the key.
	Issuer       string
	Subject      Subject
	SANs         SANs
	Tenure       simtrust.TenureID
	RelyingParty string
	// NotAfter asks for an earlier end than the profile's; zero: the profile's.
	NotAfter  time.Time
	Requester string
	// AuthorisedBy is who granted the request, for the audit trail; empty: its requester alone stands for it.
	AuthorisedBy string
	// RequestKey makes the request idempotent: a second one under the same key and with the same content gets the same
	// certificate, one with other content a conflict, for [RequestHorizon]. An ACME order's id, for example. Empty: none.
	RequestKey string
	// Authorised is when the request was authorised; zero: now. What was authorised for a SIM that has been replaced since is refused.
	Authorised time.Time
	// Token is the authorisation token's id, spent together with the record; empty where a face authorised.
	Token string
}

// RevokeReq revokes a certificate, named by ID or by Issuer and Serial.
type RevokeReq struct {
	ID     string
	Issuer string
	Serial []byte
	Reason int
	// By says who, for the audit trail.
	By string
	// KeyProof says that the request was signed with the certificate's own key. Such a request may always revoke for key
	// compromise, also again.
	KeyProof bool
	// Officer says that somebody authorised to revoke anything asks.
	Officer bool
}

// Status is what OCSP says about a serial number.
type Status struct {
	Serial []byte
	// Known says that there is a row.
	Known   bool
	State   string
	Revoked time.Time // zero: not revoked
	Reason  int
	Expires time.Time
}

// Revocation is a revoked certificate as CRLs show it. Reason [RemoveFromCRL] says that a hold was lifted: no full CRL lists it.
type Revocation struct {
	Serial  []byte
	At      time.Time
	Reason  int
	Expires time.Time
	// Change is the shard's counter when this row last changed.
	Change int64
}

// Shard is a part of an issuer's CRL that has changed at least once.
type Shard struct {
	Issuer string
	Number int
	// Change rises with every revocation, re-revocation and release in the shard.
	Change int64
}
