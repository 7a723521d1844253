//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// office is a folder with an authority's hierarchy, foreign programs, and a request for a certificate.
type office struct {
	t   *testing.T
	dir string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t, t.TempDir()}
	o.must("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
	o.must("openssl", "req", "-new", "-key", "key.pem", "-subj", "/", "-out", "csr.pem")
	return o
}

func (o *office) file(name, text string) string {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return path
}

// try runs a program in the folder.
func (o *office) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(o.t.Context(), name, args...)
	cmd.Dir = o.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (o *office) must(name string, args ...string) string {
	o.t.Helper()
	out, err := o.try(name, args...)
	if err != nil {
		o.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

// ceremony makes the hierarchy of the example in the folder ca.
func (o *office) ceremony(args ...string) {
	o.t.Helper()
	out := o.must(binary(o.t), "ca", "init", "--example")
	o.must(binary(o.t), append([]string{"ca", "init", "-f", o.file("ceremony.yaml", out), "--dir", "ca", "--keys", "ca-keys"}, args...)...)
}

// trust fetches the certificates of the roots and of the issuer of services.
func (o *office) trust(s *sandbox) {
	o.t.Helper()
	o.must("curl", "-sf", s.Issuer+"/ca/roots.pem", "-o", "roots.pem")
	o.must("curl", "-sf", s.Issuer+"/ca/issuers/service-p256.cer", "-o", "issuer.cer")
	o.must("openssl", "x509", "-inform", "der", "-in", "issuer.cer", "-out", "issuer.pem")
}

// issue asks for the certificate of a service.
func (o *office) issue(s *sandbox, file string) (string, error) {
	return o.try(binary(o.t), "ca", "issue", "tls-client", "csr.pem", "--name", "reports", "--out", file, "--server", s.Issuer, "--token", s.AdminToken)
}

// status is what openssl makes of OCSP's answer about a certificate.
func (o *office) status(s *sandbox, file string) string {
	out, _ := o.try("openssl", "ocsp", "-issuer", "issuer.pem", "-CAfile", "roots.pem", "-no_nonce", "-cert", file, "-url", s.Issuer+"/ocsp/service-p256")
	return out
}
