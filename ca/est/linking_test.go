package est_test

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"net/http"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca"
	"simtrust/ca/est"
)

// withAttribute makes a CSR for CN=linked with one attribute of one UTF8String.
func withAttribute(t testing.TB, key *ecdsa.PrivateKey, id asn1.ObjectIdentifier, value string) []byte {
	t.Helper()
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{2, 5, 4, 3})
					b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte("linked")) })
				})
			})
		})
		b.AddBytes(spki)
		b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(id)
				b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
					b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
				})
			})
		})
	})
	info := b.BytesOrPanic()
	digest := sha256.Sum256(info)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var request cryptobyte.Builder
	request.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(info)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2})
		})
		b.AddASN1BitString(signature)
	})
	return request.BytesOrPanic()
}

var challengePassword = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 7}

// TestLinkingThatIsNotProven: a challenge stands for this connection, or the request is refused.
func TestLinkingThatIsNotProven(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, challenge := range []string{"", "secret", "AAAAAAAAAAAAAAAA"} {
			c := enrol("/simpleenroll", l, withAttribute(t, newKey(t), challengePassword, challenge))
			c.version = version
			w.do(c).refused(t, http.StatusBadRequest, "")
		}
	}
}

func TestAttributesThatAreNotActedOn(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	for name, id := range map[string]asn1.ObjectIdentifier{
		"changeSubjectName":   {1, 3, 6, 1, 5, 5, 7, 7, 36},
		"otpChallenge":        {1, 2, 840, 113549, 1, 9, 16, 2, 56},
		"revocationChallenge": {1, 2, 840, 113549, 1, 9, 16, 2, 57},
		"estIdentityLinking":  {1, 2, 840, 113549, 1, 9, 16, 2, 58},
	} {
		t.Run(name, func(t *testing.T) {
			w.do(enrol("/simpleenroll", l, withAttribute(t, newKey(t), id, "x"))).refused(t, http.StatusBadRequest, "attribute")
		})
	}
}

// TestLinkingThatIsProven: on a connection of TLS 1.2 the challenge is its tls-unique, and of no other.
func TestLinkingThatIsProven(t *testing.T) {
	w := embedded(t, est.Config{})
	l := w.credential("tls-client", ca.Subject{}, "*")
	dial := func() *tls.Conn {
		conn, err := tls.Dial("tcp", w.server.Listener.Addr().String(), &tls.Config{RootCAs: w.roots(), MaxVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	first, second := dial(), dial()
	challenge := base64.StdEncoding.EncodeToString(first.ConnectionState().TLSUnique)
	body := base64.StdEncoding.EncodeToString(withAttribute(t, newKey(t), challengePassword, challenge))
	for conn, want := range map[*tls.Conn]int{first: http.StatusOK, second: http.StatusBadRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+est.Prefix+"/simpleenroll", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/pkcs10")
		req.SetBasicAuth(l.username, l.password)
		if err := req.Write(conn); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s, want %d", res.Status, want)
		}
	}
}
