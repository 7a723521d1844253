//go:build e2e

package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestRestoredFromBackup puts back the database of before a certificate was issued and another revoked. CRL numbers go on rising, the
// log signs nothing that takes back what it published, and the server says why.
func TestRestoredFromBackup(t *testing.T) {
	o, s := newOffice(t), startSandbox(t)
	o.trust(s)
	issue := func(file string) (id string) {
		t.Helper()
		if out, err := o.issue(s, file); err != nil {
			t.Fatal(out)
		}
		return "service-p256." + strings.ToLower(strings.TrimPrefix(strings.TrimSpace(o.must("openssl", "x509", "-in", file, "-noout", "-serial")), "serial="))
	}
	revoke := func(id string) {
		t.Helper()
		o.must(binary(t), "ca", "revoke", id, "--reason", "superseded", "--server", s.Issuer, "--token", s.AdminToken)
	}
	audit := func(patience string) (string, error) {
		return o.try(binary(t), "ca", "audit", "--quiet", "--patience", patience, "--server", s.Issuer, "--token", s.AdminToken)
	}
	l := newLists(t)

	first := issue("first.pem")
	if out, err := audit("60s"); err != nil {
		t.Fatal(out)
	}
	s.stop(t)
	backup := t.TempDir()
	o.must("sh", "-c", "cp "+filepath.Join(s.dir, "*.db*")+" "+backup)
	s.start(t)
	revoke(first)
	issue("lost.pem")
	await(t, "the CRL of before", func() bool { return l.read(s) == 1 })
	if out, err := audit("60s"); err != nil {
		t.Fatal(out)
	}
	s.stop(t)

	o.must("sh", "-c", "rm "+filepath.Join(s.dir, "*.db*")+" && cp "+filepath.Join(backup, "*")+" "+s.dir)
	s.start(t)
	await(t, "all CRLs are published again, with higher numbers", func() bool { return l.ahead(s) })
	revoke(issue("next.pem"))
	await(t, "the CRL of after", func() bool { return l.read(s) == 1 })
	out, err := audit("1s")
	if err == nil || !strings.Contains(out, "was never issued") {
		t.Errorf("the audit misses nothing: %s", out)
	}
	if !strings.Contains(s.out.String(), "restore a newer one") {
		t.Errorf("the server does not say what to do:\n%s", s.out)
	}
}
