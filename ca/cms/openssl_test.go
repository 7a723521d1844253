//go:build e2e

package cms_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/cms"
)

// bench is a folder for foreign programs, with a chain of today.
type bench struct {
	chain
	t   *testing.T
	dir string
}

func newBench(t *testing.T, kind string) *bench {
	t.Helper()
	b := &bench{chain: newChain(t, kind, func(c *smx509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}),
		t: t, dir: t.TempDir()}
	key, err := x509.MarshalPKCS8PrivateKey(b.leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]pem.Block{
		"root.pem": {Type: "CERTIFICATE", Bytes: b.root.cert.Raw}, "middle.pem": {Type: "CERTIFICATE", Bytes: b.middle.cert.Raw},
		"leaf.pem": {Type: "CERTIFICATE", Bytes: b.leaf.cert.Raw}, "leaf.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		b.write(name, pem.EncodeToMemory(&block))
	}
	b.write("receipt", receipt)
	return b
}

func (b *bench) write(name string, text []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), text, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) run(name string, args ...string) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), name, args...)
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// TestForeignVerifiers: openssl, which checks signing-certificate-v2 under -cades, and gnutls.
func TestForeignVerifiers(t *testing.T) {
	for _, kind := range []string{"P-256", "P-384", "RSA"} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, kind)
			m := cms.Message{Content: receipt, Detached: true, Certificates: true, Attributes: []cms.Attribute{cms.SigningTime(time.Now())}}
			b.write("receipt.p7s", b.sign(t, m))
			b.run("openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", "receipt.p7s", "-content", "receipt", "-binary", "-CAfile", "root.pem",
				"-purpose", "any", "-out", "verified")
			b.run("certtool", "--p7-verify", "--inder", "--infile", "receipt.p7s", "--load-data", "receipt", "--load-ca-certificate", "root.pem")
			m.Detached = false
			b.write("receipt.p7m", b.sign(t, m))
			b.run("openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", "receipt.p7m", "-CAfile", "root.pem", "-purpose", "any", "-out", "verified")
			if got, err := os.ReadFile(filepath.Join(b.dir, "verified")); err != nil || string(got) != string(receipt) {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

// TestForeignSigner: what openssl signs verifies, if it names the certificate.
func TestForeignSigner(t *testing.T) {
	for _, kind := range []string{"P-256", "RSA"} {
		t.Run(kind, func(t *testing.T) {
			b := newBench(t, kind)
			sign := []string{"cms", "-sign", "-binary", "-in", "receipt", "-signer", "leaf.pem", "-inkey", "leaf.key", "-certfile", "middle.pem", "-md", "sha256",
				"-outform", "DER", "-out", "foreign.p7s"}
			b.run("openssl", append(sign, "-cades")...)
			signed, err := b.verifier(t, cms.AnyUsage).Verify(b.read("foreign.p7s"), receipt, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if since := time.Since(signed.SigningTime); since.Abs() > time.Minute {
				t.Errorf("signed %v ago", since)
			}
			b.run("openssl", sign...)
			_, err = b.verifier(t, cms.AnyUsage).Verify(b.read("foreign.p7s"), receipt, time.Now())
			wantReason(t, err, cms.ReasonMalformed) // no signing-certificate-v2
			b.run("openssl", append(sign, "-noattr")...)
			_, err = b.verifier(t, cms.AnyUsage).Verify(b.read("foreign.p7s"), receipt, time.Now())
			wantReason(t, err, cms.ReasonMalformed)
			b.run("openssl", append(sign, "-cades", "-md", "sha1")...)
			_, err = b.verifier(t, cms.AnyUsage).Verify(b.read("foreign.p7s"), receipt, time.Now())
			wantReason(t, err, cms.ReasonAlgorithm)
		})
	}
}

func (b *bench) read(name string) []byte {
	b.t.Helper()
	der, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return der
}

// TestForeignVerifiersElsewhere: what a key elsewhere signed, of a type of its own, verifies with openssl and gnutls.
func TestForeignVerifiersElsewhere(t *testing.T) {
	b := newBench(t, "P-256")
	c := card{b.chain, cms.P256SHA256}
	b.write("receipt.p7m", c.assemble(t, cms.Message{Type: statementType, Content: receipt, Certificates: true}))
	b.run("openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", "receipt.p7m", "-CAfile", "root.pem", "-purpose", "any", "-out", "verified")
	if got := b.read("verified"); string(got) != string(receipt) {
		t.Errorf("%q", got)
	}
	b.write("receipt.p7s", c.assemble(t, cms.Message{Content: receipt, Detached: true, Certificates: true}))
	b.run("openssl", "cms", "-verify", "-cades", "-inform", "DER", "-in", "receipt.p7s", "-content", "receipt", "-binary", "-CAfile", "root.pem",
		"-purpose", "any", "-out", "verified")
	b.run("certtool", "--p7-verify", "--inder", "--infile", "receipt.p7s", "--load-data", "receipt", "--load-ca-certificate", "root.pem")
}
