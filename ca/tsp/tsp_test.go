package tsp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca/cms"
	"simtrust/ca/tsp"
)

var (
	start  = time.Date(2026, 11, 22, 9, 0, 0, 120_000_000, time.UTC)
	policy = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1, 7}
	kind   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	sum    = sha256.Sum256([]byte("message"))
	query  = tsp.Query{Hash: tsp.SHA256, Digest: sum[:], Nonce: []byte{0, 0xFF, 1}}
)

// The structures of RFC 3161 as encoding/asn1 reads and writes them.
type (
	imprint struct {
		Algorithm struct {
			ID         asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Digest []byte
	}
	request struct {
		Version int
		Imprint imprint
		Nonce   *big.Int `asn1:"optional"`
		CertReq bool     `asn1:"optional"`
	}
	accuracy struct {
		Seconds int `asn1:"optional"`
		Millis  int `asn1:"optional,tag:0"`
		Micros  int `asn1:"optional,tag:1"`
	}
	info struct {
		Version    int
		Policy     asn1.ObjectIdentifier
		Imprint    imprint
		Serial     *big.Int
		Time       asn1.RawValue
		Accuracy   accuracy        `asn1:"optional"`
		Ordering   bool            `asn1:"optional"`
		Nonce      *big.Int        `asn1:"optional"`
		Name       asn1.RawValue   `asn1:"optional"`
		Extensions []asn1.RawValue `asn1:"optional,tag:1"`
	}
	response struct {
		Status struct{ Code int }
		Token  asn1.RawValue `asn1:"optional"`
	}
)

func newInfo() info {
	i := info{Version: 1, Policy: policy, Serial: big.NewInt(7), Time: generalized("20261122090000.12Z"), Accuracy: accuracy{Seconds: 1}, Nonce: big.NewInt(0xFF01)}
	i.Imprint.Algorithm.ID, i.Imprint.Digest = tsp.SHA256, sum[:]
	return i
}

func generalized(text string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagGeneralizedTime, Bytes: []byte(text)}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// authority is a time-stamping authority under a root.
type authority struct {
	key  crypto.Signer
	cert []byte
	root []byte
}

func newAuthority(t testing.TB, usage pkix.Extension) authority {
	t.Helper()
	var keys [2]*ecdsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	root := &smx509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign}
	leaf := &smx509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "时间戳"}, NotBefore: start.AddDate(0, -1, 0), NotAfter: start.AddDate(1, 0, 0),
		KeyUsage: smx509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{usage}}
	a := authority{key: keys[1]}
	var err error
	if a.root, err = smx509.CreateCertificate(rand.Reader, root, root, keys[0].Public(), keys[0]); err != nil {
		t.Fatal(err)
	}
	if a.cert, err = smx509.CreateCertificate(rand.Reader, leaf, root, a.key.Public(), keys[0]); err != nil {
		t.Fatal(err)
	}
	return a
}

func usage(t testing.TB, critical bool, purposes ...int) pkix.Extension {
	t.Helper()
	var oids []asn1.ObjectIdentifier
	for _, p := range purposes {
		oids = append(oids, asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, p})
	}
	return pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: critical, Value: marshal(t, oids)}
}

func (a authority) token(t testing.TB, kind asn1.ObjectIdentifier, content []byte) []byte {
	t.Helper()
	s, err := cms.NewSigner(a.key, a.cert)
	if err != nil {
		t.Fatal(err)
	}
	der, err := s.Sign(cms.Message{Type: kind, Content: content, Certificates: true})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (a authority) verifier(t testing.TB) *cms.Verifier {
	t.Helper()
	v, err := cms.NewVerifier(cms.TimeStamping, [][]byte{a.root})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if simtrust.ReasonOf(err) != reason {
		t.Errorf("%v, want %s", err, reason)
	}
}

func TestQuery(t *testing.T) {
	var r request
	if rest, err := asn1.Unmarshal(query.DER(), &r); err != nil || len(rest) > 0 {
		t.Fatalf("%v %x", err, rest)
	}
	if r.Version != 1 || !r.Imprint.Algorithm.ID.Equal(tsp.SHA256) || !slices.Equal(r.Imprint.Digest, sum[:]) || r.Nonce.Int64() != 0xFF01 || !r.CertReq {
		t.Errorf("%+v", r)
	}
}

func TestToken(t *testing.T) {
	a := newAuthority(t, usage(t, true, 8))
	token := a.token(t, kind, marshal(t, newInfo()))
	reply := response{Token: asn1.RawValue{FullBytes: token}}
	said, got, err := query.Token(marshal(t, reply))
	if err != nil || !slices.Equal(got, token) || !said.Time.Equal(start) {
		t.Fatalf("%v %+v", err, said)
	}
	verified, err := tsp.Verify(a.verifier(t), got)
	if err != nil || !verified.Time.Equal(start) || verified.Accuracy != time.Second || !verified.Policy.Equal(policy) || verified.Serial.Int64() != 7 ||
		!verified.Hash.Equal(tsp.SHA256) || !slices.Equal(verified.Digest, sum[:]) {
		t.Errorf("%v %+v", err, verified)
	}
}

// TestAccuracies: all of its parts, in any company.
func TestAccuracies(t *testing.T) {
	a := newAuthority(t, usage(t, true, 8))
	for want, parts := range map[time.Duration]accuracy{
		0: {}, 2 * time.Second: {Seconds: 2}, 500 * time.Millisecond: {Millis: 500}, 7 * time.Microsecond: {Micros: 7},
		time.Second + 2*time.Millisecond + 3*time.Microsecond: {1, 2, 3},
	} {
		i := newInfo()
		i.Accuracy, i.Ordering, i.Nonce = parts, true, nil
		got, err := tsp.Verify(a.verifier(t), a.token(t, kind, marshal(t, i)))
		if err != nil || got.Accuracy != want {
			t.Errorf("%+v: %v, %v", parts, got.Accuracy, err)
		}
	}
}

// TestAnswersToOthers: an answer is to this query, or it is none.
func TestAnswersToOthers(t *testing.T) {
	a := newAuthority(t, usage(t, true, 8))
	for name, change := range map[string]func(*info){
		"another digest":   func(i *info) { i.Imprint.Digest = make([]byte, 32) },
		"another function": func(i *info) { i.Imprint.Algorithm.ID = tsp.SM3 },
		"another nonce":    func(i *info) { i.Nonce = big.NewInt(1) },
		"no nonce":         func(i *info) { i.Nonce = nil },
	} {
		t.Run(name, func(t *testing.T) {
			i := newInfo()
			change(&i)
			_, _, err := query.Token(marshal(t, response{Token: asn1.RawValue{FullBytes: a.token(t, kind, marshal(t, i))}}))
			wantReason(t, err, tsp.ReasonMalformed)
		})
	}
	good := a.token(t, kind, marshal(t, newInfo()))
	for name, reply := range map[string][]byte{
		"nothing": nil, "no token": marshal(t, response{}), "no structure": []byte("x"), "more": append(marshal(t, response{Token: asn1.RawValue{FullBytes: good}}), 0),
		"another structure": marshal(t, response{Token: asn1.RawValue{FullBytes: marshal(t, newInfo())}}),
		"other signed data": marshal(t, response{Token: asn1.RawValue{FullBytes: a.token(t, nil, marshal(t, newInfo()))}}),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := query.Token(reply)
			wantReason(t, err, tsp.ReasonMalformed)
		})
	}
	refused := response{Token: asn1.RawValue{FullBytes: good}}
	for _, code := range []int{1, 2, 3, 4, 5} { // 1 is granted with modifications: not what was asked for
		refused.Status.Code = code
		_, _, err := query.Token(marshal(t, refused))
		wantReason(t, err, tsp.ReasonRefused)
	}
}

// TestForgedInfos are signed by the authority itself, and not understood.
func TestForgedInfos(t *testing.T) {
	a := newAuthority(t, usage(t, true, 8))
	for name, change := range map[string]func(*info){
		"version":            func(i *info) { i.Version = 2 },
		"parameters":         func(i *info) { i.Imprint.Algorithm.Parameters = asn1.RawValue{FullBytes: []byte{2, 1, 0}} },
		"a zero at the end":  func(i *info) { i.Time = generalized("20261122090000.120Z") },
		"a comma":            func(i *info) { i.Time = generalized("20261122090000,12Z") },
		"local time":         func(i *info) { i.Time = generalized("20261122090000") },
		"another zone":       func(i *info) { i.Time = generalized("20261122090000+0100") },
		"no seconds":         func(i *info) { i.Time = generalized("202611220900Z") },
		"a day that is none": func(i *info) { i.Time = generalized("20261131090000Z") },
		"negative accuracy":  func(i *info) { i.Accuracy.Seconds = -1 },
		"a thousand millis":  func(i *info) { i.Accuracy.Millis = 1000 },
		"an extension":       func(i *info) { i.Extensions = []asn1.RawValue{{FullBytes: []byte{0x30, 0}}} },
	} {
		t.Run(name, func(t *testing.T) {
			i := newInfo()
			change(&i)
			_, err := tsp.Verify(a.verifier(t), a.token(t, kind, marshal(t, i)))
			wantReason(t, err, tsp.ReasonMalformed)
		})
	}
	_, err := tsp.Verify(a.verifier(t), a.token(t, kind, append(marshal(t, newInfo()), 0)))
	wantReason(t, err, tsp.ReasonMalformed)
}

// TestSigners: only an authority that does nothing else is one, and only at its time.
func TestSigners(t *testing.T) {
	for name, c := range map[string]struct {
		usage  pkix.Extension
		reason string
	}{
		"not critical":   {usage(t, false, 8), tsp.ReasonSigner},
		"for more":       {usage(t, true, 8, 2), tsp.ReasonSigner},
		"for more still": {usage(t, true, 8, 99), tsp.ReasonSigner},
		"for clients":    {usage(t, true, 2), cms.ReasonUntrusted},
		"for anything":   {pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Value: []byte{5, 0}}, tsp.ReasonSigner},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, c.usage)
			_, err := tsp.Verify(a.verifier(t), a.token(t, kind, marshal(t, newInfo())))
			wantReason(t, err, c.reason)
		})
	}
	a, other := newAuthority(t, usage(t, true, 8)), newAuthority(t, usage(t, true, 8))
	token := a.token(t, kind, marshal(t, newInfo()))
	_, err := tsp.Verify(other.verifier(t), token)
	wantReason(t, err, cms.ReasonUntrusted)
	late := newInfo()
	late.Time = generalized("20281122090000Z")
	_, err = tsp.Verify(a.verifier(t), a.token(t, kind, marshal(t, late)))
	wantReason(t, err, cms.ReasonUntrusted)
	token[len(token)-1] ^= 1
	if _, err := tsp.Verify(a.verifier(t), token); err == nil {
		t.Error("a changed signature passes")
	}
}

// FuzzToken: whatever an authority answers, nothing falls, and what is taken for an answer says what was asked.
func FuzzToken(f *testing.F) {
	a := newAuthority(f, usage(f, true, 8))
	f.Add(marshal(f, response{Token: asn1.RawValue{FullBytes: a.token(f, kind, marshal(f, newInfo()))}}))
	f.Fuzz(func(t *testing.T, reply []byte) {
		said, _, err := query.Token(reply)
		if err == nil && !slices.Equal(said.Digest, sum[:]) {
			t.Errorf("%+v", said)
		}
	})
}
