package tsa_test

import (
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"simtrust/ca/cms"
)

// The structures of RFC 3161 as encoding/asn1 reads and writes them.
type (
	algorithmID struct {
		Algorithm  asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	imprint struct {
		Algorithm algorithmID
		Hash      []byte
	}
	query struct {
		Version    int
		Imprint    imprint
		Policy     asn1.ObjectIdentifier `asn1:"optional"`
		Nonce      *big.Int              `asn1:"optional"`
		CertReq    bool                  `asn1:"optional"`
		Extensions []asn1.RawValue       `asn1:"optional,tag:0"`
	}
	statusInfo struct {
		Status  int
		Text    []string       `asn1:"optional"`
		Failure asn1.BitString `asn1:"optional"`
	}
	response struct {
		Status statusInfo
		Token  asn1.RawValue `asn1:"optional"`
	}
	accuracy struct {
		Seconds int `asn1:"optional"`
		Millis  int `asn1:"optional,tag:0"`
	}
	tstInfo struct {
		Version  int
		Policy   asn1.ObjectIdentifier
		Imprint  imprint
		Serial   *big.Int
		Time     time.Time `asn1:"generalized"`
		Accuracy accuracy  `asn1:"optional"`
		Nonce    *big.Int  `asn1:"optional"`
	}
)

// PKIFailureInfo.
const (
	badAlg              = 0
	badRequest          = 2
	badDataFormat       = 5
	timeNotAvailable    = 14
	unacceptedPolicy    = 15
	unacceptedExtension = 16
	systemFailure       = 25
)

var (
	oidSHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidSHA384 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}
	oidSHA512 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}
	oidSM3    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}
	null      = asn1.RawValue{FullBytes: []byte{5, 0}}
)

// newQuery asks for a stamp on "message", with certificates.
func newQuery() query {
	sum := sha256.Sum256([]byte("message"))
	return query{Version: 1, Imprint: imprint{algorithmID{Algorithm: oidSHA256}, sum[:]}, CertReq: true}
}

func (q query) der(t testing.TB) []byte {
	t.Helper()
	return marshal(t, q)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func unmarshal(t testing.TB, der []byte, into any) {
	t.Helper()
	if rest, err := asn1.Unmarshal(der, into); err != nil || len(rest) > 0 {
		t.Fatalf("%v, %d octets left of %x", err, len(rest), der)
	}
}

// granted reads the token of a reply and verifies it.
func (w *world) granted(reply []byte) tstInfo {
	w.t.Helper()
	var r response
	unmarshal(w.t, reply, &r)
	if r.Status.Status != 0 || r.Token.FullBytes == nil {
		w.t.Fatalf("status %d, failure %x, %q", r.Status.Status, r.Status.Failure.Bytes, r.Status.Text)
	}
	v, err := cms.NewVerifier(cms.TimeStamping, w.hierarchy.Roots, w.hierarchy.TSA.Raw)
	if err != nil {
		w.t.Fatal(err)
	}
	wall, _ := w.clock.Read()
	signed, err := v.Verify(r.Token.FullBytes, nil, wall)
	if err != nil {
		w.t.Fatal(err)
	}
	if !signed.Type.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}) {
		w.t.Errorf("the content is %s, no TSTInfo", signed.Type)
	}
	var info tstInfo
	unmarshal(w.t, signed.Content, &info)
	return info
}

// refused reads a refusal: the one bit that is set.
func refused(t testing.TB, reply []byte) int {
	t.Helper()
	var r response
	unmarshal(t, reply, &r)
	if r.Status.Status != 2 || r.Token.FullBytes != nil || len(r.Status.Text) != 1 {
		t.Fatalf("no refusal: %x", reply)
	}
	last := r.Status.Failure.BitLength - 1
	for bit := range last {
		if r.Status.Failure.At(bit) == 1 {
			t.Errorf("bits %d and %d", bit, last)
		}
	}
	if last < 0 || r.Status.Failure.At(last) != 1 {
		t.Fatalf("a bit string with zeros at its end: %x", reply)
	}
	return last
}

// stamp asks for one.
func (w *world) stamp() []byte { return w.Stamp(w.t.Context(), newQuery().der(w.t)) }

func (w *world) wantRefused(want int) {
	w.t.Helper()
	if got := refused(w.t, w.stamp()); got != want {
		w.t.Errorf("failure %d, want %d", got, want)
	}
}
