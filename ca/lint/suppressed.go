package lint

import "slices"

// suppression leaves a lint of zlint out.
type suppression struct {
	lint    string
	profile string // empty: all
	reason  string
}

var suppressed = []suppression{
	{"e_qcstatem_mandatory_etsi_statems", "eid",
		"asks for QcCompliance, which claims a standing in law that a deployment states with its ground or not at all; st_qualified holds the statements to that"},
	{"w_ext_subject_key_identifier_not_recommended_subscriber", "tls-server",
		"the identifier links certificates to keys in logs and CMS, and all profiles carry it; the recommendation saves 24 octets"},
	{"w_subject_common_name_included", "tls-server",
		"clients of ACME ask for a common name, and st_alternative_names holds it to one of the alternative names"},
	{"e_dnsname_not_valid_tld", "tls-server", "the service line is private: localhost, cluster and .internal names are what it is for"},
	{"e_ext_san_contains_reserved_ip", "tls-server", "the service line is private: services listen on addresses of private networks"},
	{"e_subject_contains_reserved_ip", "tls-server", "the same address in the common name, which must be one of the alternative names"},
	{"w_sub_cert_aia_contains_internal_names", "tls-server",
		"a deployment without public status addresses, and the sandbox on loopback, publish where their relying parties can ask"},
}

func isSuppressed(lint, profile string) bool {
	return slices.ContainsFunc(suppressed, func(s suppression) bool {
		return s.lint == lint && (s.profile == "" || s.profile == profile)
	})
}
