package tsp

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca/cms"
)

// Info is what a token says.
type Info struct {
	Policy asn1.ObjectIdentifier
	Hash   asn1.ObjectIdentifier
	Digest []byte
	Serial *big.Int
	Time   time.Time
	// Accuracy bounds the error of Time to both sides; 0: the token says nothing.
	Accuracy time.Duration
	nonce    *big.Int // nil: none
}

var (
	typeInfo   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	typeSigned = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)

// Verify checks a token's signature and its signer's chain, at the instant that the token itself gives, and that the signer does nothing
// but stamp (section 2.3). The errors are [ReasonMalformed], [ReasonSigner] and those of the verifier.
func Verify(v *cms.Verifier, token []byte) (Info, error) {
	info, err := read(token)
	if err != nil {
		return Info{}, err
	}
	signed, err := v.Verify(token, nil, info.Time)
	if err != nil {
		return Info{}, err
	}
	if !signed.Type.Equal(typeInfo) {
		return Info{}, refuse(ReasonMalformed, "signed data, but not of a time stamp")
	}
	if !stamps(signed.Signer) {
		return Info{}, refuse(ReasonSigner, "the signer's certificate is not for time stamps alone")
	}
	return readInfo(signed.Content)
}

// stamps tells whether a certificate has the extended key usage timeStamping, critical and alone.
func stamps(der []byte) bool {
	c, err := smx509.ParseCertificate(der)
	if err != nil || !slices.Equal(c.ExtKeyUsage, []smx509.ExtKeyUsage{smx509.ExtKeyUsageTimeStamping}) || len(c.UnknownExtKeyUsage) > 0 {
		return false
	}
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(extKeyUsage) && e.Critical })
}

var extKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// read returns what a token says, signed or not.
func read(token []byte) (Info, error) {
	s := cryptobyte.String(token)
	var outer, wrapped, data, content, held, info cryptobyte.String
	var kind, what asn1.ObjectIdentifier
	if !s.ReadASN1(&outer, tag.SEQUENCE) || !s.Empty() || !outer.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(typeSigned) ||
		!outer.ReadASN1(&wrapped, explicit(0)) || !wrapped.ReadASN1(&data, tag.SEQUENCE) || !data.SkipASN1(tag.INTEGER) || !data.SkipASN1(tag.SET) ||
		!data.ReadASN1(&content, tag.SEQUENCE) || !content.ReadASN1ObjectIdentifier(&what) || !what.Equal(typeInfo) ||
		!content.ReadASN1(&held, explicit(0)) || !held.ReadASN1(&info, tag.OCTET_STRING) {
		return Info{}, refuse(ReasonMalformed, "not a time-stamp token in DER")
	}
	return readInfo(info)
}

// readInfo reads a TSTInfo (RFC 3161, section 2.4.2).
func readInfo(der []byte) (Info, error) {
	i := Info{Serial: new(big.Int)}
	s, body := cryptobyte.String(der), cryptobyte.String(nil)
	var imprint, algorithm, at cryptobyte.String
	var version int64
	ok := s.ReadASN1(&body, tag.SEQUENCE) && s.Empty() && body.ReadASN1Integer(&version) && version == 1 && body.ReadASN1ObjectIdentifier(&i.Policy) &&
		body.ReadASN1(&imprint, tag.SEQUENCE) && imprint.ReadASN1(&algorithm, tag.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&i.Hash) &&
		(algorithm.Empty() || bytes.Equal(algorithm, []byte{byte(tag.NULL), 0})) && imprint.ReadASN1Bytes(&i.Digest, tag.OCTET_STRING) && imprint.Empty() &&
		body.ReadASN1Integer(i.Serial) && body.ReadASN1(&at, tag.GeneralizedTime) && readTime(at, &i.Time) && i.readRest(&body) && body.Empty()
	if !ok {
		return Info{}, refuse(ReasonMalformed, "a token that says nothing that is understood")
	}
	return i, nil
}

// readRest reads accuracy, ordering, nonce and the authority's name, all of which may be absent.
func (i *Info) readRest(body *cryptobyte.String) bool {
	if body.PeekASN1Tag(tag.SEQUENCE) && !i.readAccuracy(body) || body.PeekASN1Tag(tag.BOOLEAN) && !body.SkipASN1(tag.BOOLEAN) {
		return false
	}
	if body.PeekASN1Tag(tag.INTEGER) {
		i.nonce = new(big.Int)
		if !body.ReadASN1Integer(i.nonce) {
			return false
		}
	}
	return body.SkipOptionalASN1(explicit(0))
}

func (i *Info) readAccuracy(body *cryptobyte.String) bool {
	var in cryptobyte.String
	var parts [3]int64 // seconds, milliseconds, microseconds
	if !body.ReadASN1(&in, tag.SEQUENCE) || in.PeekASN1Tag(tag.INTEGER) && !in.ReadASN1Integer(&parts[0]) {
		return false
	}
	for n := range parts[1:] {
		if t := tag.Tag(n).ContextSpecific(); in.PeekASN1Tag(t) && (!in.ReadASN1Int64WithTag(&parts[n+1], t) || parts[n+1] < 1 || parts[n+1] > 999) {
			return false
		}
	}
	i.Accuracy = time.Duration(parts[0])*time.Second + time.Duration(parts[1])*time.Millisecond + time.Duration(parts[2])*time.Microsecond
	return in.Empty() && parts[0] >= 0 && parts[0] < 1<<20
}

// readTime reads GeneralizedTime in UTC with a fraction as DER has it: not ending in a zero (X.690, section 11.7).
func readTime(text []byte, at *time.Time) bool {
	const layout = "20060102150405.999999999Z"
	var err error
	*at, err = time.Parse("20060102150405Z", string(text))
	return err == nil && at.Format(layout) == string(text)
}

func explicit(n uint8) tag.Tag { return tag.Tag(n).ContextSpecific().Constructed() }
