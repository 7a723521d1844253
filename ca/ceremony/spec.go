package ceremony

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
)

// Spec is the whole hierarchy as one reviewed file states it. An entry that has been carried out is never changed or removed:
// what comes after it is a new entry, which may replace it.
type Spec struct {
	// BaseURL is where the authority answers; it goes into certificates: BASE/ca/issuers/ID.cer, BASE/crl/ROOT/0.crl.
	BaseURL string `yaml:"base_url"`
	// Organisation and Country complete subjects that do not name their own.
	Organisation string `yaml:"organisation,omitempty"`
	Country      string `yaml:"country,omitempty"`
	// At is the first instant of the new certificates; default the time of the run.
	At Instant `yaml:"at,omitempty"`
	// Seed is 32 random bytes or more in hexadecimal, from which the serial numbers are derived, so that a dry run shows the
	// very bytes that will be signed. Without it each run draws its serials.
	Seed string `yaml:"seed,omitempty"`

	Roots     []Root      `yaml:"roots"`
	Issuing   []Issuing   `yaml:"issuing"`
	Cross     []Cross     `yaml:"cross,omitempty"`
	Timestamp []Timestamp `yaml:"timestamp,omitempty"`
	Revoked   []Revoked   `yaml:"revoked,omitempty"`
}

// Subject is the name of an authority or delegate.
type Subject struct {
	CommonName   string `yaml:"common_name" json:"common_name"`
	Organisation string `yaml:"organisation,omitempty" json:"organisation,omitempty"`
	Country      string `yaml:"country,omitempty" json:"country,omitempty"`
}

// Root is a self-signed authority. It signs issuing CAs, time-stamping certificates, cross-certificates and its own CRL.
type Root struct {
	ID        string            `yaml:"id" json:"id"`
	Algorithm keys.KeyAlgorithm `yaml:"algorithm" json:"algorithm"`
	Subject   Subject           `yaml:"subject" json:"subject"`
	Validity  Validity          `yaml:"validity" json:"validity"`
	// PathLength limits the authorities below it; without it there is no limit.
	PathLength *int `yaml:"path_length,omitempty" json:"path_length,omitempty"`
}

// Issuing is an authority that issues to subscribers, and its OCSP delegate.
type Issuing struct {
	ID        string            `yaml:"id" json:"id"`
	Line      ca.Line           `yaml:"line" json:"line"`
	Root      string            `yaml:"root" json:"root"`
	Algorithm keys.KeyAlgorithm `yaml:"algorithm" json:"algorithm"`
	Subject   Subject           `yaml:"subject" json:"subject"`
	Validity  Validity          `yaml:"validity" json:"validity"`
	// Policies are object identifiers; default anyPolicy.
	Policies []string `yaml:"policies,omitempty" json:"policies,omitempty"`
	// PathLength is always 0, and may be said.
	PathLength *int `yaml:"path_length,omitempty" json:"path_length,omitempty"`
	// ExtendedKeyUsage constrains what is issued: client_auth, server_auth, email_protection, document_signing.
	ExtendedKeyUsage []string `yaml:"extended_key_usage,omitempty" json:"extended_key_usage,omitempty"`
	// PermittedDNS are the only domains, with all below them, that certificates may name.
	PermittedDNS []string `yaml:"permitted_dns,omitempty" json:"permitted_dns,omitempty"`
	// OCSPValidity is the life of the delegate's certificate; default 30d.
	OCSPValidity Validity `yaml:"ocsp_validity,omitempty" json:"ocsp_validity,omitzero"`
	// Replaces names the issuing CA of the same line whose roll-over this is: that one goes on to serve status only.
	Replaces string `yaml:"replaces,omitempty" json:"replaces,omitempty"`
}

// Cross is a certificate that another root issues over the name and key of an authority.
type Cross struct {
	ID       string   `yaml:"id" json:"id"`
	Subject  string   `yaml:"subject" json:"subject"` // id of a root or issuing CA
	Issuer   string   `yaml:"issuer" json:"issuer"`   // id of another root
	Validity Validity `yaml:"validity" json:"validity"`
}

// Timestamp is the time-stamping delegate. A root issues it, so that stamps outlive issuing CAs.
type Timestamp struct {
	ID        string            `yaml:"id" json:"id"`
	Root      string            `yaml:"root" json:"root"`
	Algorithm keys.KeyAlgorithm `yaml:"algorithm" json:"algorithm"`
	Subject   Subject           `yaml:"subject" json:"subject"`
	Validity  Validity          `yaml:"validity" json:"validity"`
	Replaces  string            `yaml:"replaces,omitempty" json:"replaces,omitempty"`
}

// Revoked puts a certificate on its root's CRL, for ever.
type Revoked struct {
	ID     string  `yaml:"id" json:"id"` // of an issuing CA, cross-certificate or time-stamping delegate
	At     Instant `yaml:"at" json:"at"`
	Reason int     `yaml:"reason" json:"reason"` // RFC 5280 §5.3.1: 0, 1, 3, 4 or 5
}

// Parse reads a ceremony file. Unknown members are refused; what the entries ask for is checked when they are planned.
func Parse(text []byte) (Spec, error) {
	var s Spec
	if err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict()); err != nil {
		return Spec{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonSpec, Op: "ca.ceremony", Msg: yaml.FormatError(err, false, false)}
	}
	return s, nil
}

// Instant is a time in RFC 3339.
type Instant struct{ time.Time }

// UnmarshalText reads 2026-11-22T09:00:00Z.
func (i *Instant) UnmarshalText(text []byte) (err error) {
	i.Time, err = time.Parse(time.RFC3339, string(text))
	return err
}

// Validity is a span of whole years, or of days: 10y, 30d.
type Validity struct{ Years, Days int }

// UnmarshalText reads 10y or 30d.
func (v *Validity) UnmarshalText(text []byte) error {
	s := string(text)
	unit := &v.Years
	number, ok := strings.CutSuffix(s, "y")
	if !ok {
		unit = &v.Days
		number, ok = strings.CutSuffix(s, "d")
	}
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > 10000 {
		return fmt.Errorf("%q is not a validity such as 10y or 30d", s)
	}
	*unit = n
	return nil
}

// MarshalText is the inverse of UnmarshalText.
func (v Validity) MarshalText() ([]byte, error) {
	switch {
	case v.Years > 0:
		return fmt.Appendf(nil, "%dy", v.Years), nil
	case v.Days > 0:
		return fmt.Appendf(nil, "%dd", v.Days), nil
	default:
		return nil, nil
	}
}

func (v Validity) orElse(other Validity) Validity {
	if v == (Validity{}) {
		return other
	}
	return v
}

// last is the last second of a certificate that begins at from; both ends belong to it (RFC 5280 §4.1.2.5).
func (v Validity) last(from time.Time) time.Time {
	return from.AddDate(v.Years, 0, v.Days).Add(-time.Second)
}

// beyond tells whether v is longer than other.
func (v Validity) beyond(other Validity) bool {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	return v.last(epoch).After(other.last(epoch))
}
