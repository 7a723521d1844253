package lint

import (
	"time"

	"github.com/emmansun/gmsm/smx509"
)

const (
	profileRoot = "root"
	day         = 24 * time.Hour
)

// rules are what the certificates of a profile look like.
type rules struct {
	ca       bool
	keys     []kind
	validity time.Duration // the longest, both ends included
	// usage is the key usage asked for, exactly; mayRSA are bits that RSA keys may have beside.
	usage, mayRSA smx509.KeyUsage
	// extUsage is the extended key usage asked for, exactly and in this order; nil: the extension is absent. In a CA it is the
	// list of those that may constrain it.
	extUsage         []string
	extUsageCritical bool
	pointers         pointers
	noCheck          bool
	// subject are the attributes a subject may have, beside those it must have.
	subjectMust, subjectMay []string
	// tenured subjects have a serial number that is a pseudonym of the tenure; maybe they do where the tenure is optional.
	tenured presence
	san     sanRules
	qc      presence
}

type presence int

const (
	forbidden presence = iota
	optional
	required
)

// pointers say where status and policies are to be found.
type pointers int

const (
	pointersRequired pointers = iota // OCSP, caIssuers, CRL and policies, all as in the options
	pointersGiven                    // exactly what the options give
	pointersNone
)

// sanRules say which alternative names a certificate may have, by GeneralName tag.
type sanRules struct {
	presence presence
	tags     []int
	// named: a common name must be one of them.
	named bool
}

const (
	usageSign   = smx509.KeyUsageDigitalSignature
	usageCommit = smx509.KeyUsageContentCommitment
	usageCA     = smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign

	ekuServer   = "1.3.6.1.5.5.7.3.1"
	ekuClient   = "1.3.6.1.5.5.7.3.2"
	ekuEmail    = "1.3.6.1.5.5.7.3.4"
	ekuStamping = "1.3.6.1.5.5.7.3.8"
	ekuOCSP     = "1.3.6.1.5.5.7.3.9"
	ekuDocument = "1.3.6.1.5.5.7.3.36" // RFC 9336
	ekuAny      = "2.5.29.37.0"
)

var (
	allKeys = []kind{kindP256, kindP384, kindRSA, kindSM2}
	tlsKeys = []kind{kindP256, kindP384, kindRSA}

	organisation = []string{attrProvince, attrLocality, attrOrganisation, attrOrganisationID, attrUnit}
)

// The keys in a SIM card have a certificate each, for the one thing that the key may be used for.
var (
	bankSIM = rules{
		keys: []kind{kindP256, kindSM2}, validity: 1095 * day, usage: usageSign | usageCommit, extUsage: []string{ekuDocument},
		subjectMust: []string{attrCountry, attrCommonName}, subjectMay: []string{attrOrganisation}, tenured: required,
	}
	eID = rules{
		keys: []kind{kindP256, kindP384, kindSM2}, validity: 1095 * day, usage: usageCommit, extUsage: []string{ekuDocument},
		subjectMust: []string{attrCountry, attrCommonName}, subjectMay: []string{attrSurname, attrGivenName, attrPseudonym},
		tenured: required, qc: required,
	}
	enterprise = rules{
		keys: allKeys, validity: 730 * day, usage: usageSign | usageCommit, extUsage: []string{ekuDocument},
		subjectMust: []string{attrCountry, attrOrganisation, attrCommonName}, subjectMay: organisation,
	}
	officer = ofCard(enterprise)
)

// ofCard is the rule for a key in the SIM card of somebody who acts for an organisation.
func ofCard(r rules) rules {
	r.keys, r.tenured = []kind{kindP256, kindSM2}, required
	return r
}

// login is the rule for the key that logs in and signs nothing that lasts.
func login(r rules) rules {
	r.usage, r.extUsage, r.qc = usageSign, []string{ekuClient}, forbidden
	return r
}

// profiles by name. Validity is counted inclusively: a certificate of one day ends one second before the same time of the next.
var profiles = map[string]rules{
	"bank-sim":               bankSIM,
	"bank-sim-document":      bankSIM,
	"bank-sim-login":         login(bankSIM),
	"eid":                    eID,
	"eid-transaction":        eID,
	"eid-login":              login(eID),
	"enterprise":             enterprise,
	"enterprise-document":    officer,
	"enterprise-transaction": officer,
	"enterprise-login":       login(officer),
	"encryption": {
		keys: []kind{kindSM2}, validity: 1095 * day,
		usage:       smx509.KeyUsageKeyEncipherment | smx509.KeyUsageDataEncipherment | smx509.KeyUsageKeyAgreement,
		subjectMust: []string{attrCountry, attrCommonName}, subjectMay: organisation, tenured: optional,
	},
	"tls-client": {
		keys: tlsKeys, validity: 200 * day, usage: usageSign, extUsage: []string{ekuClient},
		subjectMust: []string{attrCommonName}, subjectMay: []string{attrCountry, attrOrganisation, attrUnit},
		san: sanRules{presence: optional, tags: []int{nameDNS, nameURI}},
	},
	"tls-server": {
		keys: tlsKeys, validity: 200 * day, usage: usageSign, mayRSA: smx509.KeyUsageKeyEncipherment, extUsage: []string{ekuServer},
		subjectMay: []string{attrCommonName},
		san:        sanRules{presence: required, tags: []int{nameDNS, nameIP}, named: true},
	},
	"timestamp": {
		keys: tlsKeys, validity: 10 * 366 * day, usage: usageSign, extUsage: []string{ekuStamping}, extUsageCritical: true,
		subjectMust: []string{attrCommonName}, subjectMay: []string{attrCountry, attrOrganisation}, pointers: pointersGiven,
	},
	"ocsp": {
		keys: allKeys, validity: 92 * day, usage: usageSign, extUsage: []string{ekuOCSP}, noCheck: true,
		subjectMust: []string{attrCommonName}, subjectMay: []string{attrCountry, attrOrganisation}, pointers: pointersNone,
	},
	"ca": {
		ca: true, keys: allKeys, validity: 15 * 366 * day, usage: usageCA, extUsage: []string{ekuServer, ekuClient, ekuEmail, ekuDocument},
		subjectMust: []string{attrCommonName}, subjectMay: append(organisation, attrCountry), pointers: pointersGiven,
	},
	profileRoot: {
		ca: true, keys: allKeys, validity: 30 * 366 * day, usage: usageCA,
		subjectMust: []string{attrCommonName}, subjectMay: append(organisation, attrCountry), pointers: pointersNone,
	},
}
