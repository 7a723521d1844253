//go:build e2e

package e2e

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// verifies runs a foreign program in the folder, and says whether it is content.
func (d desk) verifies(t *testing.T, name string, args ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = d.dir
	out, err := cmd.CombinedOutput()
	t.Logf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	return err == nil
}

// checkCAdES has openssl verify message and chain; the time stamp is in it.
func checkCAdES(t *testing.T, d desk, message []byte) {
	d.write(t, "message.p7m", message)
	d.write(t, "changed.p7m", bytes.Replace(message, []byte("4,800"), []byte("4,900"), 1))
	verify := []string{"cms", "-verify", "-cades", "-inform", "DER", "-CAfile", "roots.pem", "-purpose", "any"}
	if !d.verifies(t, "openssl", append(verify, "-in", "message.p7m", "-out", "content")...) ||
		d.verifies(t, "openssl", append(verify, "-in", "changed.p7m", "-out", "refused")...) {
		t.Error("openssl does not verify the message, or verifies a changed one")
	}
	if content, err := os.ReadFile(d.in("content")); err != nil || !bytes.Equal(content, contract) {
		t.Errorf("the content is %q, %v", content, err)
	}
	d.stamped(t, "message.p7m")
}

var byteRange = regexp.MustCompile(`/ByteRange ?\[ ?0 (\d+) (\d+) (\d+) ?\]`)

// checkPAdES has poppler read the PDF, and openssl verify the message in it over all that is outside it, with its chain.
func checkPAdES(t *testing.T, d desk, file []byte) {
	message, covered, changed := d.apart(t, file)
	d.write(t, "message.p7s", message)
	d.write(t, "covered", covered(file))
	d.write(t, "changed", covered(changed))
	d.write(t, "signed.pdf", file)
	d.write(t, "changed.pdf", changed)
	verify := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "message.p7s", "-CAfile", "roots.pem", "-purpose", "any", "-out", "content", "-content"}
	if !d.verifies(t, "openssl", append(verify, "covered")...) || d.verifies(t, "openssl", append(verify, "changed")...) {
		t.Error("openssl does not verify the message in the PDF, or verifies it over a changed one")
	}
	d.stamped(t, "message.p7s")
	if out := d.s.output(t, "pdfsig", "-nocert", d.in("signed.pdf")); !strings.Contains(out, "Signature is Valid") || !strings.Contains(out, "Total document signed") {
		t.Errorf("pdfsig: %s", out)
	}
	if out, _ := exec.Command("pdfsig", "-nocert", d.in("changed.pdf")).CombinedOutput(); strings.Contains(string(out), "Signature is Valid") {
		t.Errorf("pdfsig takes a changed PDF: %s", out)
	}
}

// apart returns the message in a signed PDF, how its octets outside that are read, and the PDF with another amount.
func (d desk) apart(t *testing.T, file []byte) (message []byte, covered func([]byte) []byte, changed []byte) {
	t.Helper()
	var at [3]int // the end of the first part, the start of the second, and its length
	found := byteRange.FindSubmatch(file)
	if !bytes.HasPrefix(file, paper) || found == nil {
		t.Fatal("not the ordered PDF with a signature behind it")
	}
	for i := range at {
		at[i], _ = strconv.Atoi(string(found[1+i]))
	}
	if at[1]+at[2] != len(file) {
		t.Errorf("%v are not all of %d octets", at, len(file))
	}
	message, err := hex.DecodeString(string(file[at[0]+1 : at[1]-1]))
	if err != nil {
		t.Fatal(err)
	}
	covered = func(file []byte) []byte { return append(bytes.Clone(file[:at[0]]), file[at[1]:]...) }
	return message, covered, bytes.Replace(file, []byte("4,800"), []byte("4,900"), 1)
}

// stamped checks that a message in the folder has a time stamp.
func (d desk) stamped(t *testing.T, message string) {
	t.Helper()
	if out := d.s.output(t, "openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", d.in(message)); !strings.Contains(out, "id-smime-aa-timeStampToken") {
		t.Errorf("%s has no time stamp", message)
	}
}

// checkJAdES takes the JWS apart, and has openssl verify chain, signature and time stamp.
func checkJAdES(t *testing.T, d desk, text []byte) {
	var jws struct {
		Payload, Protected, Signature string
		Header                        struct{ EtsiU []string }
	}
	var head struct {
		Algorithm string   `json:"alg"`
		Chain     [][]byte `json:"x5c"`
	}
	var added struct {
		SigTst struct{ TstTokens []struct{ Val []byte } }
	}
	if err := json.Unmarshal(text, &jws); err != nil || len(jws.Header.EtsiU) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	member(t, jws.Protected, &head)
	member(t, jws.Header.EtsiU[0], &added)
	if head.Algorithm != "ES256" || len(head.Chain) < 2 || len(added.SigTst.TstTokens) != 1 || !bytes.Equal(raw(t, jws.Payload), contract) {
		t.Fatalf("%+v %+v", head, added)
	}
	d.write(t, "leaf.der", head.Chain[0])
	d.write(t, "issuer.der", head.Chain[1])
	pair := raw(t, jws.Signature)
	der, err := asn1.Marshal([]*big.Int{new(big.Int).SetBytes(pair[:32]), new(big.Int).SetBytes(pair[32:])})
	if err != nil {
		t.Fatal(err)
	}
	d.write(t, "pair", der)
	d.write(t, "input", []byte(jws.Protected+"."+jws.Payload))
	d.write(t, "changed", []byte(jws.Protected+"."+jws.Payload+"A"))
	d.write(t, "value", []byte(jws.Signature))
	d.write(t, "stamp.der", added.SigTst.TstTokens[0].Val)
	d.s.output(t, "openssl", "x509", "-inform", "DER", "-in", d.in("leaf.der"), "-noout", "-pubkey", "-out", d.in("key.pem"))
	dgst := []string{"dgst", "-sha256", "-verify", "key.pem", "-signature", "pair"}
	stamp := []string{"ts", "-verify", "-token_in", "-in", "stamp.der", "-CAfile", "roots.pem", "-data"}
	if !d.verifies(t, "openssl", "verify", "-CAfile", "roots.pem", "-untrusted", "issuer.der", "leaf.der") {
		t.Error("openssl does not verify the chain")
	}
	if !d.verifies(t, "openssl", append(dgst, "input")...) || d.verifies(t, "openssl", append(dgst, "changed")...) {
		t.Error("openssl does not verify the signature, or verifies it over a changed document")
	}
	if !d.verifies(t, "openssl", append(stamp, "value")...) || d.verifies(t, "openssl", append(stamp, "input")...) {
		t.Error("openssl does not verify the time stamp, or verifies it over something else")
	}
}

// raw decodes base64url.
func raw(t *testing.T, text string) []byte {
	t.Helper()
	octets, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return octets
}

// member reads JSON in base64url.
func member(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal(raw(t, text), into); err != nil {
		t.Fatal(err)
	}
}
