//go:build e2e

package status_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// peers is an authority behind a socket, with the clock of the programs that ask it.
type peers struct {
	*authority
	url, dir string
}

func newPeers(t *testing.T) *peers {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	p := &peers{authority: newAuthority(&world{t: t, db: db, clock: &clock{real: true}, hierarchy: newHierarchy(t)}), dir: t.TempDir()}
	server := httptest.NewServer(p.handler)
	t.Cleanup(server.Close)
	p.url = server.URL
	for _, i := range p.hierarchy.Issuers {
		p.file(i.ID+".pem", certificatePEM(i.Raw))
	}
	return p
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (p *peers) file(name string, content []byte) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// run returns what a program says, on both channels.
func (p *peers) run(program string, args ...string) string {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), program, args...)
	cmd.Dir = p.dir
	out, _ := cmd.CombinedOutput() // its judgement is in the text
	return string(out)
}

// says fails unless a program's words are in what it said.
func (p *peers) says(out string, words ...string) {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(out, w) {
			p.t.Errorf("without %q:\n%s", w, out)
		}
	}
}

// leaves issues two certificates, the second of which is revoked for key compromise, and publishes.
func (p *peers) leaves(curve elliptic.Curve) (good, revoked ca.Certificate) {
	p.t.Helper()
	good, revoked = p.issue(curve), p.issue(curve)
	p.revoke(revoked, ca.KeyCompromise)
	p.file("good.pem", certificatePEM(good.Raw))
	p.file("revoked.pem", certificatePEM(revoked.Raw))
	p.publish()
	return good, revoked
}

func TestOpenSSL(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(elliptic.P256())
	issuer := good.Issuer + ".pem"

	t.Run("ocsp", func(t *testing.T) {
		for _, hash := range []string{"-sha1", "-sha256"} {
			for _, nonce := range []string{"-nonce", "-no_nonce"} {
				out := p.run("openssl", "ocsp", "-issuer", issuer, "-CAfile", issuer, nonce, hash, "-cert", "good.pem", "-cert", "revoked.pem",
					"-serial", "0x1234", "-url", p.url+"/ocsp/"+good.Issuer, "-timeout", "60")
				p.says(out, "Response verify OK", "good.pem: good", "revoked.pem: revoked", "Reason: keyCompromise", "0x1234: unknown")
				if strings.Contains(out, "WARNING") {
					t.Error(out)
				}
			}
		}
		stranger := must(newIssuer("stranger", "P-256"))
		p.file("stranger.pem", certificatePEM(stranger.Raw))
		p.says(p.run("openssl", "ocsp", "-issuer", "stranger.pem", "-serial", "0x1", "-url", p.url+"/ocsp/"+good.Issuer), "unauthorized (6)")
	})
	t.Run("ocsp of every algorithm", func(t *testing.T) {
		for _, id := range []string{eid, service} {
			out := p.run("openssl", "ocsp", "-issuer", id+".pem", "-CAfile", id+".pem", "-serial", "0x77", "-url", p.url+"/ocsp/"+id)
			p.says(out, "Response verify OK", "0x77: unknown")
		}
	})
	t.Run("crl", func(t *testing.T) {
		for _, id := range []string{good.Issuer, eid, service} {
			for n := range shards {
				p.file("list.der", p.crl(id, n).Raw)
				out := p.run("openssl", "crl", "-inform", "DER", "-in", "list.der", "-CAfile", id+".pem", "-noout", "-text")
				p.says(out, "verify OK", "URI:"+address(id, n), "Only User Certificates", "X509v3 CRL Number")
			}
		}
		p.file("good.crl", crlPEM(p.crl(good.Issuer, good.Shard)))
		p.file("revoked.crl", crlPEM(p.crl(revoked.Issuer, revoked.Shard)))
		p.says(p.run("openssl", "verify", "-crl_check", "-CAfile", issuer, "-CRLfile", "good.crl", "good.pem"), "good.pem: OK")
		p.says(p.run("openssl", "verify", "-crl_check", "-CAfile", issuer, "-CRLfile", "revoked.crl", "revoked.pem"), "certificate revoked")
		wrong := (good.Shard + 1) % shards
		p.file("wrong.crl", crlPEM(p.crl(good.Issuer, wrong)))
		p.says(p.run("openssl", "verify", "-crl_check", "-CAfile", issuer, "-CRLfile", "wrong.crl", "good.pem"), "error")
	})
}

func crlPEM(l *smx509.RevocationList) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: l.Raw})
}

// openssl reads SM2 answers and lists but verifies them only as plain signatures, since its commands pass no identity on.
func TestOpenSSLOnSM2(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(sm2.P256())
	i := p.issuer(good.Issuer)

	der := p.post(i.ID, question(i, oidSHA256, nil, good.Serial, revoked.Serial))
	p.file("answer.der", der)
	out := p.run("openssl", "ocsp", "-respin", "answer.der", "-noverify", "-text", "-issuer", i.ID+".pem")
	p.says(out, "Cert Status: good", "Cert Status: revoked", "SM2-with-SM3")
	var response wireResponse
	var basic wireBasic
	unmarshal(t, der, &response)
	unmarshal(t, response.Bytes.Response, &basic)
	p.verifySM2(basic.Certificates[0].FullBytes, basic.TBS.FullBytes, basic.Signature)

	list := p.crl(i.ID, revoked.Shard)
	p.file("list.der", list.Raw)
	p.says(p.run("openssl", "crl", "-inform", "DER", "-in", "list.der", "-noout", "-text"), strings.ToUpper(hex.EncodeToString(revoked.Serial)), "Key Compromise")
	p.verifySM2(i.Raw, list.RawTBSRevocationList, asn1.BitString{Bytes: list.Signature})
}

func (p *peers) verifySM2(certificate, message []byte, signature asn1.BitString) {
	p.t.Helper()
	p.file("signer.pem", certificatePEM(certificate))
	p.file("message", message)
	p.file("signature", signature.Bytes)
	p.file("signer.pub", []byte(p.run("openssl", "x509", "-in", "signer.pem", "-pubkey", "-noout")))
	p.says(p.run("openssl", "dgst", "-sm3", "-verify", "signer.pub", "-sigopt", "distid:1234567812345678", "-signature", "signature", "message"), "Verified OK")
	p.file("message", bytes.ToUpper(message))
	p.says(p.run("openssl", "dgst", "-sm3", "-verify", "signer.pub", "-sigopt", "distid:1234567812345678", "-signature", "signature", "message"), "Verification failure")
}

func TestGnuTLS(t *testing.T) {
	p := newPeers(t)
	good, revoked := p.leaves(elliptic.P256())
	issuer := good.Issuer + ".pem"
	ask := func(cert string, more ...string) string {
		return p.run("ocsptool", append([]string{"--ask=" + p.url + "/ocsp/" + good.Issuer, "--load-cert", cert, "--load-issuer", issuer, "--load-trust", issuer}, more...)...)
	}
	for _, nonce := range []string{"--nonce", "--no-nonce"} {
		p.says(ask("good.pem", nonce), "Certificate Status: good", "Success")
		p.says(ask("revoked.pem", nonce), "Certificate Status: revoked")
	}
	for _, id := range []string{good.Issuer, eid, service} {
		for n := range shards {
			p.file("list.pem", crlPEM(p.crl(id, n)))
			p.says(p.run("certtool", "--verify-crl", "--load-ca-certificate", id+".pem", "--infile", "list.pem"), "Verified")
		}
	}
	p.file("list.der", p.crl(revoked.Issuer, revoked.Shard).Raw)
	p.says(p.run("certtool", "--crl-info", "--inder", "--infile", "list.der"), hex.EncodeToString(revoked.Serial), "Revoked certificates (")
}
