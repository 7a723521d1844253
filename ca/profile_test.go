package ca_test

import (
	"os"
	"strings"
	"testing"

	"simtrust/ca"
	"simtrust/internal/keys"
)

func TestEmbeddedProfiles(t *testing.T) {
	profiles, err := ca.Profiles()
	if err != nil {
		t.Fatal(err)
	}
	want := "bank-sim bank-sim-document bank-sim-login eid eid-login eid-transaction encryption " +
		"enterprise enterprise-document enterprise-login enterprise-transaction ocsp timestamp tls-client tls-server"
	if got := strings.Join(sortedKeys(profiles), " "); got != want {
		t.Errorf("profiles %s, want %s", got, want)
	}
	policies := map[int]string{}
	for name, p := range profiles {
		if other, taken := policies[p.Policy]; taken {
			t.Errorf("%s and %s share policy %d", name, other, p.Policy)
		}
		policies[p.Policy] = name
	}
}

// TestRefusedProfiles mistypes one thing at a time.
func TestRefusedProfiles(t *testing.T) {
	text, err := os.ReadFile("profiles/bank-sim.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.ParseProfile(text); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"unknown member": {"days: 1095", "days: 1095\ncolour: red"},
		"twice":          {"days: 1095", "days: 1095\ndays: 1096"},
		"line":           {"line: bank", "line: banks"},
		"key":            {"P-256", "P-224"},
		"no days":        {"days: 1095", "days: 0"},
		"cert sign":      {"digital_signature", "cert_sign"},
		"no usage":       {"key_usage: [digital_signature, content_commitment]", "key_usage: []"},
		"usage oid":      {"1.3.6.1.5.5.7.3.36", "1.3.x"},
		"attribute":      {"attribute: country", "attribute: telephone_number"},
		"no name":        {"  - {attribute: common_name, required: true}\n", ""},
		"serial":         {"serial_number: tenure", "serial_number: phone"},
		"presence":       {"relying_party: required", "relying_party: perhaps"},
		"action":         {"sim_changed: revoke", "sim_changed: delete"},
		"held event":     {"hold: true\ntenure_ended: revoke", "tenure_ended: hold"},
		"log":            {"log: hash", "log: nothing"},
		"policy":         {"policy: 1", "policy: 0"},
		"reasons":        {"reasons: [0, 1, 3, 4, 5, 9]", "reasons: []"},
	} {
		changed := strings.Replace(string(text), c[0], c[1], 1)
		if changed == string(text) {
			t.Fatalf("%s: nothing to change", name)
		}
		if _, err := ca.ParseProfile([]byte(changed)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestRefusedConfigurations(t *testing.T) {
	w := embedded(t)
	for name, change := range map[string]func(*ca.Config){
		"no URL":        func(c *ca.Config) { c.BaseURL = "" },
		"scheme":        func(c *ca.Config) { c.BaseURL = "ldap://ca.example" },
		"TLS":           func(c *ca.Config) { c.BaseURL = "https://ca.example" },
		"short key":     func(c *ca.Config) { c.SubjectKey = c.SubjectKey[:31] },
		"shards":        func(c *ca.Config) { c.Shards = -1 },
		"many shards":   func(c *ca.Config) { c.Shards = 1 << 20 },
		"node":          func(c *ca.Config) { c.Node = 0x80 },
		"arc":           func(c *ca.Config) { c.PolicyArc = "1.2.three" },
		"compliance":    func(c *ca.Config) { c.Qualified.Compliance = true },
		"device":        func(c *ca.Config) { c.Qualified.SSCD = true },
		"law":           func(c *ca.Config) { c.Qualified.Legislation = []string{"CN"} },
		"no such state": func(c *ca.Config) { c.Qualified = ca.Qualified{Legislation: []string{"china"}, LegalGround: "x"} },
	} {
		config := w.config
		change(&config)
		if _, err := ca.New(w.deps(), w.hierarchy, config); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestRefusedIssuers(t *testing.T) {
	w := embedded(t)
	bank, _ := w.hierarchy.Issuer("bank-p256-2026")
	eid, _ := w.hierarchy.Issuer("eid-p256-2026")
	for name, change := range map[string]func(*ca.Issuer){
		"id":          func(i *ca.Issuer) { i.ID = "Bank.1" },
		"no id":       func(i *ca.Issuer) { i.ID = "" },
		"certificate": func(i *ca.Issuer) { i.Raw = eid.Raw },
		"subject":     func(i *ca.Issuer) { i.Subject = eid.Subject },
		"key id":      func(i *ca.Issuer) { i.KeyID = nil },
		"end":         func(i *ca.Issuer) { i.NotAfter = i.NotAfter.AddDate(1, 0, 0) },
		"no key":      func(i *ca.Issuer) { i.Signer = nil },
		"algorithm":   func(i *ca.Issuer) { i.Algorithm = keys.SM2 },
		"garbage":     func(i *ca.Issuer) { i.Raw = []byte("x") },
	} {
		changed := *bank
		change(&changed)
		if _, err := ca.New(w.deps(), &ca.Hierarchy{Issuers: []*ca.Issuer{&changed}}, w.config); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
