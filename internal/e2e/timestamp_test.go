//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stampWorld is a running authority with a folder for foreign programs.
type stampWorld struct {
	*sandbox
	t     *testing.T
	dir   string
	tsa   string
	roots string // a file, PEM
}

func newStampWorld(t *testing.T) *stampWorld {
	t.Helper()
	w := &stampWorld{sandbox: startSandbox(t), t: t, dir: t.TempDir()}
	w.roots = filepath.Join(w.dir, "roots.pem")
	var contract struct {
		URLs map[string]string `json:"urls"`
	}
	text, err := os.ReadFile(filepath.Join(w.sandbox.dir, "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &contract); err != nil {
		t.Fatal(err)
	}
	w.tsa = contract.URLs["tsa"]
	res, err := http.Get(contract.URLs["ca_roots"])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	roots, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	w.file("roots.pem", roots)
	return w
}

func (w *stampWorld) file(name string, text []byte) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// try runs a foreign program in the folder.
func (w *stampWorld) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(w.t.Context(), name, args...)
	cmd.Dir = w.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (w *stampWorld) must(name string, args ...string) string {
	w.t.Helper()
	out, err := w.try(name, args...)
	if err != nil {
		w.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// stamp sends a query and keeps the reply.
func (w *stampWorld) stamp(query, reply string) {
	w.t.Helper()
	der, err := os.ReadFile(filepath.Join(w.dir, query))
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := http.Post(w.tsa, "application/timestamp-query", bytes.NewReader(der))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/timestamp-reply" {
		w.t.Fatalf("%d %v: %v", res.StatusCode, res.Header, err)
	}
	w.file(reply, body)
}

func TestTimeStampWithOpenSSL(t *testing.T) {
	w := newStampWorld(t)
	w.file("data", []byte("a contract"))
	w.file("other", []byte("another contract"))
	for _, digest := range []string{"-sha256", "-sha384", "-sha512", "-sm3"} {
		w.must("openssl", "ts", "-query", "-data", "data", digest, "-cert", "-out", "q.tsq")
		w.awaitStamp("q.tsq", "r.tsr")
		w.must("openssl", "ts", "-verify", "-queryfile", "q.tsq", "-in", "r.tsr", "-CAfile", "roots.pem")
		w.must("openssl", "ts", "-verify", "-data", "data", "-in", "r.tsr", "-CAfile", "roots.pem")
		if out, err := w.try("openssl", "ts", "-verify", "-data", "other", "-in", "r.tsr", "-CAfile", "roots.pem"); err == nil {
			t.Errorf("%s: the stamp is good for other data: %s", digest, out)
		}
	}
	w.must("openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "second.tsq")
	if out, err := w.try("openssl", "ts", "-verify", "-queryfile", "second.tsq", "-in", "r.tsr", "-CAfile", "roots.pem"); err == nil {
		t.Errorf("the stamp is good for another nonce: %s", out)
	}

	// Without certificates, openssl needs the authority's from elsewhere: the token of before.
	w.must("openssl", "ts", "-reply", "-in", "r.tsr", "-token_out", "-out", "token.der")
	w.must("openssl", "pkcs7", "-inform", "DER", "-in", "token.der", "-print_certs", "-out", "tsa.pem")
	w.must("openssl", "ts", "-query", "-data", "data", "-sha256", "-no_nonce", "-out", "bare.tsq")
	w.awaitStamp("bare.tsq", "bare.tsr")
	w.must("openssl", "ts", "-verify", "-queryfile", "bare.tsq", "-in", "bare.tsr", "-CAfile", "roots.pem", "-untrusted", "tsa.pem")
	if out := w.must("openssl", "ts", "-reply", "-in", "bare.tsr", "-text"); !strings.Contains(out, "Accuracy: 0x01 seconds") || !strings.Contains(out, "Ordering: no") {
		t.Error(out)
	}
	if out := w.must("openssl", "asn1parse", "-inform", "DER", "-in", "token.der"); !strings.Contains(out, "id-smime-aa-signingCertificateV2") {
		t.Errorf("no ESSCertIDv2: %s", out)
	}
	w.must("openssl", "cms", "-verify", "-inform", "DER", "-in", "token.der", "-CAfile", "roots.pem", "-purpose", "timestampsign", "-out", "info.der")

	for name, c := range map[string]struct {
		query []string
		want  string
	}{
		"SHA-1":          {[]string{"-sha1"}, "unrecognized or unsupported algorithm identifier"},
		"another policy": {[]string{"-sha256", "-tspolicy", "1.2.3.4"}, "the requested TSA policy is not supported by the TSA"},
	} {
		t.Run(name, func(t *testing.T) {
			w.must("openssl", append([]string{"ts", "-query", "-data", "data", "-out", "bad.tsq"}, c.query...)...)
			w.stamp("bad.tsq", "bad.tsr")
			if out := w.must("openssl", "ts", "-reply", "-in", "bad.tsr", "-text"); !strings.Contains(out, "Rejected") || !strings.Contains(out, c.want) {
				t.Error(out)
			}
		})
	}
}

// TestTimeStampOverRestart: a restarted server gives no time that it may have given before.
func TestTimeStampOverRestart(t *testing.T) {
	w := newStampWorld(t)
	w.file("data", []byte("a contract"))
	w.must("openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q.tsq")
	w.awaitStamp("q.tsq", "before.tsr")
	before := w.timeOf("before.tsr")
	w.kill()
	w.start(t)
	w.awaitStamp("q.tsq", "after.tsr")
	w.must("openssl", "ts", "-verify", "-queryfile", "q.tsq", "-in", "after.tsr", "-CAfile", "roots.pem")
	if after := w.timeOf("after.tsr"); after <= before {
		t.Errorf("%s after %s", after, before)
	}
}

// awaitStamp asks until the clock is trusted: an earlier start bounds it, and a machine that stood still must measure it again.
func (w *stampWorld) awaitStamp(query, reply string) {
	w.t.Helper()
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(time.Minute)
	for {
		w.stamp(query, reply)
		if strings.Contains(w.must("openssl", "ts", "-reply", "-in", reply, "-text"), "Granted") {
			return
		}
		select {
		case <-deadline:
			w.t.Fatal("the clock is not trusted again")
		case <-poll.C:
		}
	}
}

// timeOf is genTime as it stands in the token.
func (w *stampWorld) timeOf(reply string) string {
	w.t.Helper()
	w.must("openssl", "ts", "-reply", "-in", reply, "-token_out", "-out", "t.der")
	w.must("openssl", "cms", "-verify", "-inform", "DER", "-in", "t.der", "-CAfile", "roots.pem", "-purpose", "timestampsign", "-out", "t.info")
	for line := range strings.Lines(w.must("openssl", "asn1parse", "-inform", "DER", "-in", "t.info")) {
		if _, at, ok := strings.Cut(line, "GENERALIZEDTIME   :"); ok {
			return strings.TrimSpace(at)
		}
	}
	w.t.Fatal("no genTime")
	return ""
}

// TestTimeStampWithOSSLSignCode: code signing with a time stamp.
func TestTimeStampWithOSSLSignCode(t *testing.T) {
	w := newStampWorld(t)
	w.must("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "code.key", "-out", "code.pem", "-days", "2", "-subj", "/CN=Publisher",
		"-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=codeSigning")
	w.file("hello.ps1", []byte("Write-Output 'hello'\r\n"))
	w.must("openssl", "ts", "-query", "-data", "hello.ps1", "-sha256", "-cert", "-out", "q.tsq")
	w.awaitStamp("q.tsq", "r.tsr") // osslsigncode asks once
	w.must("osslsigncode", "sign", "-certs", "code.pem", "-key", "code.key", "-h", "sha256", "-ts", w.tsa, "-in", "hello.ps1", "-out", "signed.ps1")
	out := w.must("osslsigncode", "verify", "-in", "signed.ps1", "-CAfile", "code.pem", "-TSA-CAfile", "roots.pem")
	if !strings.Contains(out, "Timestamp Server Signature verification: ok") {
		t.Error(out)
	}
}
