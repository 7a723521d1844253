//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// estClient is a device with curl and openssl, and what sandbox.json tells it.
type estClient struct {
	t    *testing.T
	dir  string
	URLs struct {
		EST   string `json:"est"`
		Roots string `json:"ca_roots"`
	} `json:"urls"`
	EST struct {
		Username string `json:"username"`
		Password string `json:"password"`
	} `json:"est"`
}

func newESTClient(t *testing.T, s *sandbox) *estClient {
	t.Helper()
	c := &estClient{t: t, dir: t.TempDir()}
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a program in the device's folder.
func (c *estClient) run(program string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), program, args...)
	cmd.Dir = c.dir
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		c.t.Fatalf("%s %q: %v: %s", program, args, err, &failure)
	}
	return string(out)
}

// request makes a key and a CSR in the files NAME.key and NAME.b64, in the lines of openssl's base64.
func (c *estClient) request(name string, args ...string) {
	c.t.Helper()
	c.run("openssl", append([]string{"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
		"-keyout", name + ".key", "-outform", "DER", "-out", name + ".csr"}, args...)...)
	c.run("openssl", "base64", "-in", name+".csr", "-out", name+".b64")
}

// fetch calls an operation and leaves the answer in the file NAME.p7; it returns the status.
func (c *estClient) fetch(operation, name string, args ...string) string {
	c.t.Helper()
	status := c.run("curl", append([]string{"--silent", "--show-error", "--output", name + ".p7", "--write-out", "%{http_code}",
		c.URLs.EST + operation}, args...)...)
	return status
}

// enrol posts NAME.b64 with the credential.
func (c *estClient) enrol(operation, name string) string {
	c.t.Helper()
	return c.fetch(operation, name, "--user", c.EST.Username+":"+c.EST.Password, "--header", "Content-Type: application/pkcs10",
		"--header", "Content-Transfer-Encoding: base64", "--data-binary", "@"+name+".b64")
}

// certificates opens the answer NAME.p7 into NAME.pem.
func (c *estClient) certificates(name string) {
	c.t.Helper()
	c.run("openssl", "base64", "-d", "-in", name+".p7", "-out", name+".p7.der")
	c.run("openssl", "pkcs7", "-inform", "DER", "-in", name+".p7.der", "-print_certs", "-out", name+".pem")
}

func TestESTWithCurlAndOpenSSL(t *testing.T) {
	s := startSandbox(t)
	c := newESTClient(t, s)
	c.run("curl", "--silent", "--fail", "--output", "roots.pem", c.URLs.Roots)
	if status := c.fetch("/cacerts", "chain"); status != "200" {
		t.Fatal(status)
	}
	c.certificates("chain")

	c.request("meter", "-subj", "/O=Example/CN=meter-1", "-addext", "subjectAltName=DNS:meter-1.example")
	for _, operation := range []string{"/simpleenroll", "/simplereenroll", "/tls-client/simplereenroll"} {
		if status := c.enrol(operation, "meter"); status != "200" {
			t.Fatalf("%s: %s", operation, status)
		}
		c.certificates("meter")
		c.run("openssl", "verify", "-CAfile", "roots.pem", "-untrusted", "chain.pem", "-purpose", "sslclient", "-x509_strict", "meter.pem")
		if own := c.run("openssl", "x509", "-in", "meter.pem", "-noout", "-pubkey"); own != c.run("openssl", "pkey", "-in", "meter.key", "-pubout") {
			t.Error("another key")
		}
		if subject := c.run("openssl", "x509", "-in", "meter.pem", "-noout", "-subject"); strings.TrimSpace(subject) != "subject=O = Example, CN = meter-1" {
			t.Error(subject)
		}
	}

	c.request("authority", "-subj", "/CN=meter-2", "-addext", "basicConstraints=critical,CA:TRUE")
	c.request("signer", "-subj", "/CN=meter-2", "-addext", "keyUsage=keyCertSign")
	for _, name := range []string{"authority", "signer"} {
		if status := c.enrol("/simpleenroll", name); status != "400" {
			t.Errorf("%s: %s", name, status)
		}
	}
	for name, args := range map[string][]string{"nobody": nil, "a stranger": {"--user", c.EST.Username + ":wrong"}} {
		args = append(args, "--header", "Content-Type: application/pkcs10", "--data-binary", "@meter.b64")
		if status := c.fetch("/simpleenroll", "refused", args...); status != "401" {
			t.Errorf("%s: %s", name, status)
		}
	}
	if status := c.fetch("/csrattrs", "attributes"); status != "200" {
		t.Error(status)
	}
	c.run("openssl", "base64", "-d", "-in", "attributes.p7", "-out", "attributes.der")
	if attributes := c.run("openssl", "asn1parse", "-inform", "DER", "-in", "attributes.der"); !strings.Contains(attributes, "prime256v1") {
		t.Error(attributes)
	}

	before := c.EST
	s.stop(t)
	s.start(t)
	if after := newESTClient(t, s); after.EST != before {
		t.Error("another credential after a restart")
	}
	if status := c.enrol("/simplereenroll", "meter"); status != "200" {
		t.Errorf("after a restart: %s", status)
	}
}
