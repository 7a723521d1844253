package est_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"simtrust/ca"
	"simtrust/ca/est"
)

// FuzzBody: whatever the body, the answer is a certificate for the key of a request that Go reads too and signed by it, or a
// refusal that is the client's fault.
func FuzzBody(f *testing.F) {
	w := embedded(f, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	text := base64.StdEncoding.EncodeToString(request(f, newKey(f), "device", nil))
	f.Add([]byte(text))
	f.Add([]byte(text[:64] + "\r\n" + text[64:]))
	f.Add([]byte(base64.StdEncoding.EncodeToString(withAttribute(f, newKey(f), challengePassword, "x"))))
	f.Add([]byte("~"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := enrol("/simpleenroll", l, nil)
		c.body = body
		client := *w
		client.t = t
		r := client.do(c)
		if r.status != http.StatusOK {
			if r.status != http.StatusBadRequest && r.status != http.StatusForbidden && r.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%d %s", r.status, r.body)
			}
			return
		}
		der, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "", " ", "", "\t", "").Replace(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		asked, err := x509.ParseCertificateRequest(der)
		if err != nil || asked.CheckSignature() != nil {
			t.Fatalf("%v", err)
		}
		if key, ok := asked.PublicKey.(*ecdsa.PublicKey); ok && !key.Equal(r.certificate(t).PublicKey) {
			t.Error("a certificate for another key")
		}
	})
}
