package lint_test

import (
	stdasn1 "encoding/asn1"
	"path/filepath"
	"testing"
	"time"

	"simtrust/ca/ceremony"
	"simtrust/ca/lint"
	"simtrust/internal/keys"
)

// TestDefaultHierarchy: what the default ceremony signs, these rules accept.
func TestDefaultHierarchy(t *testing.T) {
	const base = "http://127.0.0.1:8080"
	dir := t.TempDir()
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: filepath.Join(dir, "keys"), Secret: filepath.Join(dir, "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	c := ceremony.Ceremony{Dir: filepath.Join(dir, "ca"), Vault: vault}
	h, err := c.Open(t.Context(), ceremony.Default(base, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	accept := func(what, profile string, o lint.Options, der []byte) {
		for _, f := range checkAs(t, profile, o, der) {
			t.Errorf("%s: %v", what, f)
		}
	}
	under := func(root string, issuer []byte, policies ...stdasn1.ObjectIdentifier) lint.Options {
		return lint.Options{Issuer: issuer, CAIssuers: base + "/ca/issuers/" + root + ".cer", CRLPrefix: base + "/crl/" + root + "/", Policies: policies}
	}
	anyPolicy := stdasn1.ObjectIdentifier{2, 5, 29, 32, 0}
	for _, root := range h.Roots {
		accept("root", "root", lint.Options{}, root)
	}
	for _, i := range h.Issuers {
		root := map[keys.KeyAlgorithm]string{keys.P256: "root-p256", keys.SM2: "root-sm2"}[i.Algorithm]
		accept(i.ID, "ca", under(root, i.Chain[1], anyPolicy), i.Raw)
		accept(i.ID+" OCSP", "ocsp", lint.Options{Issuer: i.Raw}, i.OCSP.Raw)
	}
	accept("time stamps", "timestamp", under("root-p256", h.TSAChain[1]), h.TSA.Raw)
}
