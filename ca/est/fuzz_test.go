package est_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"testing"

	"simtrust"
	"simtrust/ca/csr"
	"simtrust/ca/est"
)

// FuzzBody: whatever the body, it is refused as the client's fault, or it is a request that Go reads and verifies too, without a
// challenge that is not the connection's.
func FuzzBody(f *testing.F) {
	binding := []byte("twelve octet")
	text := base64.StdEncoding.EncodeToString(request(f, newKey(f), "device", nil))
	f.Add([]byte(text))
	f.Add([]byte(text[:64] + "\r\n" + text[64:]))
	for _, challenge := range []string{"x", base64.StdEncoding.EncodeToString(binding)} {
		f.Add([]byte(base64.StdEncoding.EncodeToString(withAttribute(f, newKey(f), challengePassword, challenge))))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, subject, err := est.ReadRequest(body, binding)
		if err != nil {
			if simtrust.KindOf(err) != simtrust.KindInvalid {
				t.Error(err)
			}
			return
		}
		if !bytes.Equal(armourless(body), []byte(base64.StdEncoding.EncodeToString(r.Raw))) {
			t.Error("other octets than those of the body")
		}
		if r.Challenge != "" && r.Challenge != base64.StdEncoding.EncodeToString(binding) {
			t.Errorf("challenge %q", r.Challenge)
		}
		if r.Algorithm == csr.SM2 {
			return // Go does not read these
		}
		asked, err := x509.ParseCertificateRequest(r.Raw)
		if err != nil || asked.CheckSignature() != nil || asked.Subject.CommonName != subject.CommonName {
			t.Errorf("%v: %+v", err, subject)
		}
	})
}

// armourless is a body without white space.
func armourless(body []byte) []byte {
	return bytes.Join(bytes.FieldsFunc(body, func(c rune) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }), nil)
}
