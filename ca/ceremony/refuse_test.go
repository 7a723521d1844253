package ceremony_test

import (
	"errors"
	"strings"
	"testing"

	"simtrust"
	"simtrust/ca/ceremony"
)

// sound is a ceremony that nothing is wrong with.
const sound = `base_url: https://ca.example
organisation: 示例移动
country: CN
roots:
  - id: root-a
    algorithm: P-384
    subject: {common_name: Root A}
    validity: 20y
  - id: root-b
    algorithm: P-384
    subject: {common_name: Root B}
    validity: 20y
    path_length: 2
  - id: root-gm
    algorithm: SM2
    subject: {common_name: 国密根}
    validity: 20y
issuing:
  - id: bank-2026
    line: bank
    root: root-a
    algorithm: P-256
    subject: {common_name: 银行签发机构}
    validity: 10y
    policies: [1.2.3.4.5]
    extended_key_usage: [client_auth, document_signing]
  - id: service-2026
    line: service
    root: root-a
    algorithm: P-384
    subject: {common_name: Service CA, organisation: Other, country: DE}
    validity: 10y
    path_length: 0
    permitted_dns: [example.com, svc.example]
    ocsp_validity: 7d
  - id: bank-gm
    line: bank
    root: root-gm
    algorithm: SM2
    subject: {common_name: Bank GM}
    validity: 3650d
cross:
  - id: a-by-b
    subject: root-a
    issuer: root-b
    validity: 10y
timestamp:
  - id: tsa-2026
    root: root-a
    algorithm: P-256
    subject: {common_name: TSA}
    validity: 5y
`

func spec(t *testing.T, text string) ceremony.Spec {
	t.Helper()
	s, err := ceremony.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// edited is the sound file with old replaced by new, once.
func edited(t *testing.T, old, with string) string {
	t.Helper()
	if !strings.Contains(sound, old) {
		t.Fatalf("the file has no %q", old)
	}
	return strings.Replace(sound, old, with, 1)
}

func TestRefused(t *testing.T) {
	bank := "    validity: 10y\n    policies: [1.2.3.4.5]\n"
	for name, c := range map[string]struct{ old, with string }{
		"RSA-2048":                           {"root: root-a\n    algorithm: P-384", "root: root-a\n    algorithm: RSA-2048"},
		"SHA-1 by name":                      {"algorithm: P-256", "algorithm: RSA-SHA1"},
		"no algorithm":                       {"root: root-a\n    algorithm: P-384", "root: root-a"},
		"weak root":                          {"algorithm: P-384", "algorithm: P-224"},
		"root weaker than an issuing CA":     {"algorithm: P-384", "algorithm: RSA-3072"},
		"root weaker than what is below":     {"algorithm: P-256\n    subject: {common_name: 银行", "algorithm: P-521\n    subject: {common_name: 银行"},
		"SM2 under P-384":                    {"root: root-gm", "root: root-a"},
		"P-384 CA under SM2":                 {"root: root-a\n    algorithm: P-256", "root: root-gm\n    algorithm: P-256"},
		"issuing CA longer than its root":    {bank, "    validity: 21y\n"},
		"issuing CA by a day longer":         {"validity: 20y\n  - id: root-b", "validity: 3652d\n  - id: root-b"},
		"issuing CA too long":                {bank, "    validity: 16y\n"},
		"root too long":                      {"validity: 20y", "validity: 31y"},
		"no validity":                        {"    validity: 3650d\n", ""},
		"time stamping longer than its root": {"validity: 5y", "validity: 21y"},
		"OCSP delegate long-lived":           {"ocsp_validity: 7d", "ocsp_validity: 91d"},
		"issuing CA with path length":        {"path_length: 0", "path_length: 1"},
		"root with path length 0":            {"path_length: 2", "path_length: 0"},
		"root with path length below 0":      {"path_length: 2", "path_length: -1"},
		"cross without room":                 {"path_length: 2", "path_length: 1"},
		"OCSPSigning in a CA":                {"[client_auth, document_signing]", "[client_auth, ocsp_signing]"},
		"OCSPSigning in a CA, by OID":        {"[client_auth, document_signing]", "[1.3.6.1.5.5.7.3.9]"},
		"timeStamping in a CA":               {"[client_auth, document_signing]", "[time_stamping]"},
		"any extended key usage in a CA":     {"[client_auth, document_signing]", "[any]"},
		"policy":                             {"[1.2.3.4.5]", "[1.2.three]"},
		"domain":                             {"[example.com, svc.example]", "['*.example.com']"},
		"empty domain":                       {"[example.com, svc.example]", "['']"},
		"line":                               {"line: service", "line: telecom"},
		"unknown root":                       {"root: root-a", "root: root-z"},
		"no country":                         {"country: CN\n", ""},
		"country in small letters":           {"country: CN\n", "country: cn\n"},
		"country not ASCII":                  {"country: CN\n", "country: 中国\n"},
		"empty common name":                  {"{common_name: Bank GM}", "{common_name: ''}"},
		"common name with a line end":        {"{common_name: Bank GM}", `{common_name: "Bank\nGM"}`},
		"common name with NUL":               {"{common_name: Bank GM}", `{common_name: "Bank\0GM"}`},
		"common name turned around":          {"{common_name: Bank GM}", `{common_name: "Bank\u202eGM"}`},
		"common name with space around":      {"{common_name: Bank GM}", "{common_name: ' Bank GM'}"},
		"common name too long":               {"{common_name: Bank GM}", "{common_name: " + strings.Repeat("行", 65) + "}"},
		"common name too long for OCSP":      {"{common_name: Bank GM}", "{common_name: " + strings.Repeat("行", 60) + "}"},
		"one name for two":                   {"{common_name: Root B}", "{common_name: Root A}"},
		"one name for root and issuing CA":   {"{common_name: 银行签发机构}", "{common_name: Root A}"},
		"id twice":                           {"id: bank-gm", "id: bank-2026"},
		"id with a slash":                    {"id: bank-gm", "id: ../bank"},
		"id in capitals":                     {"id: bank-gm", "id: Bank"},
		"id of a delegate":                   {"id: bank-gm", "id: bank-2026-ocsp"},
		"two active CAs":                     {"line: service\n    root: root-a\n    algorithm: P-384", "line: bank\n    root: root-a\n    algorithm: P-256"},
		"replaces nobody":                    {bank, bank + "    replaces: bank-1999\n"},
		"replaces itself":                    {bank, bank + "    replaces: bank-2026\n"},
		"replaces another line":              {bank, bank + "    replaces: service-2026\n"},
		"cross by itself":                    {"issuer: root-b", "issuer: root-a"},
		"cross by an issuing CA":             {"issuer: root-b", "issuer: bank-2026"},
		"cross of an own issuing CA":         {"subject: root-a\n    issuer: root-b", "subject: bank-2026\n    issuer: root-a"},
		"cross of nobody":                    {"subject: root-a\n    issuer: root-b", "subject: root-z\n    issuer: root-b"},
		"cross into SM2":                     {"issuer: root-b", "issuer: root-gm"},
		"cross longer than its subject":      {"issuer: root-b\n    validity: 10y", "issuer: root-b\n    validity: 20y\n  - id: bank-by-b\n    subject: bank-2026\n    issuer: root-b\n    validity: 11y"},
		"time stamping by an issuing CA":     {"root: root-a\n    algorithm: P-256\n    subject: {common_name: TSA}", "root: bank-2026\n    algorithm: P-256\n    subject: {common_name: TSA}"},
		"two time-stamping delegates":        {"timestamp:\n", "timestamp:\n  - {id: tsa-b, root: root-b, algorithm: P-256, subject: {common_name: B}, validity: 1y}\n"},
		"base URL of another scheme":         {"base_url: https://ca.example", "base_url: ftp://ca.example"},
		"base URL with a slash":              {"base_url: https://ca.example", "base_url: https://ca.example/"},
		"base URL with a password":           {"base_url: https://ca.example", "base_url: https://a:b@ca.example"},
		"no base URL":                        {"base_url: https://ca.example\n", ""},
		"short seed":                         {"country: CN\n", "country: CN\nseed: abcd\n"},
		"seed that is not hexadecimal":       {"country: CN\n", "country: CN\nseed: " + strings.Repeat("zz", 32) + "\n"},
		"at long ago":                        {"country: CN\n", "country: CN\nat: 2026-10-01T00:00:00Z\n"},
		"at far ahead":                       {"country: CN\n", "country: CN\nat: 2027-10-01T00:00:00Z\n"},
		"revoked root":                       {"timestamp:\n", "revoked:\n  - {id: root-a, at: 2026-11-01T00:00:00Z, reason: 1}\ntimestamp:\n"},
		"revoked nobody":                     {"timestamp:\n", "revoked:\n  - {id: root-z, at: 2026-11-01T00:00:00Z, reason: 1}\ntimestamp:\n"},
		"revoked on hold":                    {"timestamp:\n", "revoked:\n  - {id: bank-2026, at: 2026-11-01T00:00:00Z, reason: 6}\ntimestamp:\n"},
		"revoked at no time":                 {"timestamp:\n", "revoked:\n  - {id: bank-2026, reason: 1}\ntimestamp:\n"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			s := spec(t, edited(t, c.old, c.with))
			before := files(t, p.vaultDir)
			for what, do := range map[string]func() error{
				"Plan": func() error { _, err := p.Plan(t.Context(), s); return err },
				"Run":  func() error { _, err := p.Run(t.Context(), s); return err },
			} {
				if err := do(); simtrust.ReasonOf(err) != ceremony.ReasonProfile || simtrust.KindOf(err) != simtrust.KindInvalid {
					t.Errorf("%s: %v", what, err)
				}
			}
			if len(files(t, p.vaultDir)) != len(before) || len(files(t, p.Dir)) > 0 {
				t.Error("a refused ceremony left something behind")
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	for name, text := range map[string]string{
		"unknown member":  sound + "backdoor: true\n",
		"unknown inside":  edited(t, "    line: bank\n", "    line: bank\n    ca: true\n"),
		"twice":           sound + "country: DE\n",
		"validity":        edited(t, "validity: 10y", "validity: 10"),
		"validity of 0":   edited(t, "validity: 10y", "validity: 0d"),
		"validity less":   edited(t, "validity: 10y", "validity: -1y"),
		"validity beyond": edited(t, "validity: 10y", "validity: 999999999999999999y"),
		"instant":         edited(t, "country: CN\n", "country: CN\nat: yesterday\n"),
		"list":            "- a\n- b\n",
		"not YAML":        "\x00\x01{",
		"not UTF-8":       "base_url: \xff\xfe\n\tx",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ceremony.Parse([]byte(text)); simtrust.ReasonOf(err) != ceremony.ReasonSpec {
				t.Errorf("%v", err)
			}
		})
	}
	if _, err := ceremony.Parse(ceremony.Example()); err != nil {
		t.Error(err)
	}
	if _, err := ceremony.Load(t.Context(), t.TempDir(), nil, start); simtrust.ReasonOf(err) != ceremony.ReasonNoDir {
		t.Error(err)
	}
	if _, err := ceremony.Published(t.TempDir()); !errors.Is(err, &simtrust.Error{Kind: simtrust.KindInternal, Reason: ceremony.ReasonNoDir}) {
		t.Error(err)
	}
}
