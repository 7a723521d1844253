package lint

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"
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
	Detail   string // for the authority's log; quotes no value of the subject
}

func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Severity, f.Lint, f.Detail) }

// Options are what the certificates of one profile under one issuer share.
type Options struct {
	// Issuer is the issuing CA's certificate, DER; nil only for the profile root.
	Issuer []byte
	// OCSP and CAIssuers are the URLs expected in the authority information access. CRLPrefix is what the URL of the one CRL
	// distribution point starts with; a shard's number and ".crl" may follow. Subscribers' certificates need all three; those of
	// CAs and time-stamping units have what is given here and nothing else; OCSP delegates and roots have none whatever is given.
	OCSP, CAIssuers, CRLPrefix string
	// Policies are the certificate policies expected, exactly and in this order.
	Policies []asn1.ObjectIdentifier
	// MaxValidity shortens the profile's own longest validity; 0 leaves it.
	MaxValidity time.Duration
	// Qualified allows the statements that make a legal claim: QcCompliance, QcCClegislation, QcSSCD. It is false in the sandbox.
	Qualified bool
}

// Set is the lints of one profile under one issuer. It is safe for concurrent use.
type Set struct {
	rules  rules
	opts   Options
	issuer *smx509.Certificate // nil for a root
	public publicLints
}

// For builds a set at start. It fails for an unknown profile and an issuer it cannot read. Profiles: bank-sim, eid, enterprise,
// tls-client, tls-server, encryption (the second certificate of an SM2 pair), timestamp, ocsp, ca, root.
func For(profile string, o Options) (*Set, error) {
	r, ok := profiles[profile]
	if !ok {
		return nil, fmt.Errorf("lint: unknown profile %q", profile)
	}
	if o.MaxValidity > 0 {
		r.validity = min(r.validity, o.MaxValidity)
	}
	s := &Set{rules: r, opts: o}
	var err error
	switch {
	case r.pointers == pointersRequired && (o.OCSP == "" || o.CAIssuers == "" || o.CRLPrefix == "" || len(o.Policies) == 0):
		return nil, fmt.Errorf("lint: profile %s needs OCSP, caIssuers, CRL and policy", profile)
	case profile == profileRoot && o.Issuer != nil:
		return nil, errors.New("lint: a root has no issuer")
	case profile != profileRoot:
		if s.issuer, err = smx509.ParseCertificate(o.Issuer); err != nil {
			return nil, fmt.Errorf("lint: the issuer's certificate: %w", err)
		}
	}
	if s.public, err = publicLintsFor(profile, r); err != nil {
		return nil, err
	}
	return s, nil
}

// Check lints a certificate's DER. The signature is not verified, so that one made by a throw-away key serves. An empty result
// permits the real signature.
func (s *Set) Check(der []byte) []Finding {
	c, err := parse(der)
	if err != nil {
		return []Finding{{"st_parse", Error, err.Error()}}
	}
	r := &report{Set: s, certificate: c}
	for _, l := range own {
		r.lint = l.name
		l.check(r)
	}
	if c.kind != kindSM2 && !c.signedWithSM2() {
		r.findings = append(r.findings, s.public.check(der)...)
	}
	return r.findings
}

// own are the lints of this package, for certificates of every algorithm.
var own = []struct {
	name  string
	check func(*report)
}{
	{"st_serial", checkSerial},
	{"st_validity", checkValidity},
	{"st_issuer", checkIssuer},
	{"st_subject_key", checkSubjectKey},
	{"st_extensions", checkExtensions},
	{"st_basic_constraints", checkBasicConstraints},
	{"st_key_usage", checkKeyUsage},
	{"st_extended_key_usage", checkExtKeyUsage},
	{"st_authority_information", checkAuthorityInformation},
	{"st_crl_distribution", checkCRLDistribution},
	{"st_policies", checkPolicies},
	{"st_ocsp_nocheck", checkNoCheck},
	{"st_subject", checkSubject},
	{"st_alternative_names", checkAlternativeNames},
	{"st_qualified", checkQualified},
}

// report collects findings on one certificate.
type report struct {
	*Set
	*certificate
	lint     string
	findings []Finding
}

func (r *report) object(wrong bool, format string, args ...any) {
	if wrong {
		r.findings = append(r.findings, Finding{r.lint, Error, fmt.Sprintf(format, args...)})
	}
}
