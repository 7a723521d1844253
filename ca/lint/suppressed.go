package lint

import (
	"slices"
	"strings"
)

// suppression leaves a lint of zlint out.
type suppression struct {
	lint    string
	profile string // empty: all
	reason  string
}

var suppressed = []suppression{
	{"e_qcstatem_mandatory_etsi_statems", "eid",
		"asks for QcCompliance, which claims a standing in law that a deployment states with its ground or not at all; st_qualified holds the statements to that"},
	{"e_qcstatem_mandatory_etsi_statems", "eid-transaction", "the same"},
	{"w_ext_subject_key_identifier_not_recommended_subscriber", "tls-server",
		"the identifier links certificates to keys in logs and CMS, and all profiles carry it; the recommendation saves 24 octets"},
	{"w_subject_common_name_included", "tls-server",
		"clients of ACME ask for a common name, and st_alternative_names holds it to one of the alternative names"},
	{"e_dnsname_not_valid_tld", "tls-server", "the service line is private: localhost, cluster and .internal names are what it is for"},
	{"e_ext_san_contains_reserved_ip", "tls-server", "the service line is private: services listen on addresses of private networks"},
	{"e_subject_contains_reserved_ip", "tls-server", "the same address in the common name, which must be one of the alternative names"},
	{"w_sub_cert_aia_contains_internal_names", "tls-server",
		"a deployment without public status addresses, and the sandbox on loopback, publish where their relying parties can ask"},
	{"e_rsa_fermat_factorization", "", "takes 0.4 ms, more than all others together; ca/csr has checked the key so before it comes here"},
}

// redundancy leaves out lints on what an own lint refuses to be there at all: they would only ever answer that they do not apply. It
// also leaves out those on the issuer's name, which must be octet by octet the subject of the issuer's certificate, and was linted as
// that. Together they are more than half of zlint's time.
type redundancy struct {
	parts  []string // of lint names
	own    string   // the lint that refuses what they look for
	covers func(rules) bool
}

var redundant = []redundancy{
	{[]string{"e_root_ca_", "w_root_ca_", "n_root_ca_", "e_sub_ca_", "w_sub_ca_", "n_sub_ca_", "e_ca_", "w_ca_", "n_ca_", "_missing_ca"},
		"st_basic_constraints", func(r rules) bool { return !r.ca }},
	{[]string{"_policy_map", "_policy_constraints", "_name_constraint", "_nc_"}, "st_extensions", func(r rules) bool { return !r.ca }},
	{[]string{"_ian_", "_freshest_crl", "inhibit_any", "_tor_service", "_empty_sct_list", "subject_info_access", "ext_subject_directory"},
		"st_extensions", func(rules) bool { return true }},
	{[]string{"_issuer_dn_", "_issuer_rdn", "_issuer_field_"}, "st_issuer", func(r rules) bool { return !r.ca }},
	{[]string{"_dsa_", "_old_"}, "st_subject_key", func(rules) bool { return true }},
	{[]string{"_rsa_", "_rsassa", "_modulus_", "_exponent_"}, "st_subject_key", func(r rules) bool { return !slices.Contains(r.keys, kindRSA) }},
	{[]string{"_san_", "_dnsname_"}, "st_alternative_names", func(r rules) bool { return r.san.presence == forbidden }},
}

func isRedundant(lint string, r rules) bool {
	return slices.ContainsFunc(redundant, func(d redundancy) bool {
		return d.covers(r) && slices.ContainsFunc(d.parts, func(part string) bool { return strings.Contains(lint, part) })
	})
}

func isSuppressed(lint, profile string) bool {
	return slices.ContainsFunc(suppressed, func(s suppression) bool {
		return s.lint == lint && (s.profile == "" || s.profile == profile)
	})
}
