package lint_test

import (
	"testing"

	"simtrust/ca/lint"

	"github.com/zmap/zcrypto/x509"
	zlint "github.com/zmap/zlint/v3/lint"
)

// objectionable are certificates without fault here that the suppressed lints object to.
var objectionable = map[string]func(*leaf){
	"e_qcstatem_mandatory_etsi_statems":                       func(*leaf) {},
	"w_ext_subject_key_identifier_not_recommended_subscriber": func(*leaf) {},
	"w_subject_common_name_included":                          func(*leaf) {},
	"e_dnsname_not_valid_tld":                                 func(l *leaf) { l.named("localhost", der(0x82, []byte("localhost"))) },
	"e_ext_san_contains_reserved_ip":                          func(l *leaf) { l.named("127.0.0.1", der(0x87, []byte{127, 0, 0, 1})) },
	"e_subject_contains_reserved_ip":                          func(l *leaf) { l.named("127.0.0.1", der(0x87, []byte{127, 0, 0, 1})) },
	"w_sub_cert_aia_contains_internal_names":                  func(l *leaf) { l.moveTo("http://127.0.0.1:8080") },
}

// named gives the certificate one alternative name and the same common name.
func (l *leaf) named(name string, alternative []byte) {
	l.subject = rdns(common(name))
	l.set("2.5.29.17", san(alternative).Value)
}

// TestSuppressionsAreNeeded: a suppression that no certificate of ours would meet is a hole for nothing.
func TestSuppressionsAreNeeded(t *testing.T) {
	for _, s := range lint.Suppressions() {
		name, profile := s[0], s[1]
		if profile == "" {
			continue // left out for its cost
		}
		provoke, ok := objectionable[name]
		if !ok {
			t.Errorf("no sample for %s", name)
			continue
		}
		l := good(t, profile, "P-256")
		provoke(l)
		for _, f := range l.check(t) {
			t.Errorf("%s: %v", name, f)
		}
		c, err := x509.ParseCertificate(l.der(t))
		if err != nil {
			t.Fatal(err)
		}
		result := zlint.GlobalRegistry().CertificateLints().ByName(name).Execute(c, zlint.NewEmptyConfig())
		if result.Status < zlint.Warn {
			t.Errorf("%s no longer objects: %v", name, result.Status)
		}
	}
}

// TestRedundantLintsNeverApply: on a certificate without own findings, the lints left out as redundant have nothing to say.
func TestRedundantLintsNeverApply(t *testing.T) {
	left := 0
	for profile, algorithms := range subscribers {
		for _, algorithm := range algorithms {
			if algorithm == "SM2" {
				continue
			}
			c, err := x509.ParseCertificate(good(t, profile, algorithm).der(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range zlint.GlobalRegistry().CertificateLints().Lints() {
				if !lint.Redundant(l.Name, profile) {
					continue
				}
				left++
				if status := l.Execute(c, zlint.NewEmptyConfig()).Status; status != zlint.NA && status != zlint.NE && status != zlint.Pass {
					t.Errorf("%s %s: %s: %v", profile, algorithm, l.Name, status)
				}
			}
		}
	}
	if left == 0 {
		t.Error("no lint is left out")
	}
}
