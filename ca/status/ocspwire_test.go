package status_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"hash"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
)

// OCSP as encoding/asn1 sees it, to read and write independently of the package.
type (
	wireCertID struct {
		Hash              pkix.AlgorithmIdentifier
		NameHash, KeyHash []byte
		Serial            asn1.RawValue
	}
	wireRequest struct {
		ID         wireCertID
		Extensions []pkix.Extension `asn1:"explicit,tag:0,optional,omitempty"`
	}
	wireTBSRequest struct {
		Version    int `asn1:"explicit,tag:0,default:0,optional"`
		List       []wireRequest
		Extensions []pkix.Extension `asn1:"explicit,tag:2,optional,omitempty"`
	}
	wireOCSPRequest struct{ TBS wireTBSRequest }
	wireResponse    struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0,optional"`
	}
	wireBasic struct {
		TBS          asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	wireData struct {
		Responder  asn1.RawValue
		Produced   time.Time `asn1:"generalized"`
		Responses  []wireSingle
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
	wireSingle struct {
		ID      wireCertID
		Good    asn1.Flag `asn1:"tag:0,optional"`
		Revoked struct {
			At     time.Time       `asn1:"generalized"`
			Reason asn1.Enumerated `asn1:"explicit,tag:0,optional"`
		} `asn1:"tag:1,optional"`
		Unknown asn1.Flag `asn1:"tag:2,optional"`
		This    time.Time `asn1:"generalized"`
		Next    time.Time `asn1:"generalized,explicit,tag:0,optional"`
	}
)

var (
	oidSHA1   = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSM3    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}
	oidNonce  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

func certID(i *ca.Issuer, oid asn1.ObjectIdentifier, serial []byte) wireCertID {
	make := map[string]func() hash.Hash{oidSHA1.String(): sha1.New, oidSHA256.String(): sha256.New, oidSM3.String(): sm3.New}[oid.String()]
	cert, err := smx509.ParseCertificate(i.Raw)
	if err != nil {
		panic(err)
	}
	var spki struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &spki); err != nil {
		panic(err)
	}
	of := func(data []byte) []byte { h := make(); h.Write(data); return h.Sum(nil) }
	return wireCertID{
		Hash: pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.NullRawValue}, NameHash: of(cert.RawSubject), KeyHash: of(spki.Key.RightAlign()),
		Serial: asn1.RawValue{Tag: asn1.TagInteger, Bytes: serial},
	}
}

// question is a request for certificates of one issuer.
func question(i *ca.Issuer, oid asn1.ObjectIdentifier, nonce []byte, serials ...[]byte) []byte {
	var r wireOCSPRequest
	for _, s := range serials {
		r.TBS.List = append(r.TBS.List, wireRequest{ID: certID(i, oid, s)})
	}
	if nonce != nil {
		r.TBS.Extensions = []pkix.Extension{{Id: oidNonce, Value: must(asn1.Marshal(nonce))}}
	}
	return must(asn1.Marshal(r))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// failed returns the response status of an answer without content.
func failed(t testing.TB, der []byte) int {
	t.Helper()
	var r wireResponse
	if rest, err := asn1.Unmarshal(der, &r); err != nil || len(rest) > 0 {
		t.Fatalf("answer %x: %v", der, err)
	}
	if r.Status != 0 && r.Bytes.Response != nil {
		t.Errorf("a failure with content: %x", der)
	}
	return int(r.Status)
}

// read opens a successful answer and verifies it as a client does: by a delegate that the issuer certified for it.
func read(t testing.TB, i *ca.Issuer, der []byte) wireData {
	t.Helper()
	if s := failed(t, der); s != 0 {
		t.Fatalf("the answer is a failure: %d", s)
	}
	var r wireResponse
	var basic wireBasic
	var data wireData
	unmarshal(t, der, &r)
	unmarshal(t, r.Bytes.Response, &basic)
	unmarshal(t, basic.TBS.FullBytes, &data)
	if len(basic.Certificates) != 1 {
		t.Fatalf("%d certificates", len(basic.Certificates))
	}
	issuer, delegate := must(smx509.ParseCertificate(i.Raw)), must(smx509.ParseCertificate(basic.Certificates[0].FullBytes))
	if err := delegate.CheckSignatureFrom(issuer); err != nil {
		t.Fatal(err)
	}
	algorithm := map[string]smx509.SignatureAlgorithm{
		"1.2.840.10045.4.3.2": smx509.ECDSAWithSHA256, "1.2.840.10045.4.3.3": smx509.ECDSAWithSHA384,
		"1.2.840.113549.1.1.11": smx509.SHA256WithRSA, "1.2.156.10197.1.501": smx509.SM2WithSM3,
	}[basic.Algorithm.Algorithm.String()]
	if err := delegate.CheckSignature(algorithm, basic.TBS.FullBytes, basic.Signature.Bytes); err != nil {
		t.Fatal(err)
	}
	for _, s := range data.Responses {
		if data.Produced.Before(s.This) || s.Next.Before(data.Produced) || s.Next.Sub(s.This) > 10*time.Minute {
			t.Errorf("thisUpdate %v, producedAt %v, nextUpdate %v", s.This, data.Produced, s.Next)
		}
	}
	return data
}

func unmarshal(t testing.TB, der []byte, into any) {
	t.Helper()
	if rest, err := asn1.Unmarshal(der, into); err != nil || len(rest) > 0 {
		t.Fatalf("%T: %v, %d octets left", into, err, len(rest))
	}
}

// says is what an answer says about a serial number.
func (s wireSingle) says() string {
	switch {
	case bool(s.Good):
		return "good"
	case bool(s.Unknown):
		return "unknown"
	}
	return "revoked"
}

// ask posts a question about one certificate and returns the answer about it.
func (w *world) ask(issuer string, serial []byte) wireSingle {
	w.t.Helper()
	i := w.issuer(issuer)
	data := read(w.t, i, w.post(issuer, question(i, oidSHA256, nil, serial)))
	if len(data.Responses) != 1 || !bytes.Equal(data.Responses[0].ID.Serial.Bytes, serial) {
		w.t.Fatalf("the answer is about %+v", data.Responses)
	}
	return data.Responses[0]
}
