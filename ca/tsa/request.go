package tsa

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"

	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of requests.
const (
	maxRequest = 4096
	maxNonce   = 128 // octets
)

// imprints are the digests that are stamped, with their lengths.
var imprints = []struct {
	oid  asn1.ObjectIdentifier
	size int
}{
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, sha256.Size},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, sha512.Size384},
	{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, sha512.Size},
	{asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}, sm3.Size},
}

// request is a TimeStampReq that can be answered.
type request struct {
	imprint      []byte // MessageImprint, DER, as it came
	policy       asn1.ObjectIdentifier
	nonce        []byte // INTEGER, DER, as it came; nil: none
	certificates bool
}

// parseRequest reads a TimeStampReq (RFC 3161, section 2.4.1).
func parseRequest(der []byte) (request, *refusal) {
	var r request
	s := cryptobyte.String(der)
	var body cryptobyte.String
	var version int64
	if len(der) > maxRequest || !s.ReadASN1(&body, tag.SEQUENCE) || !s.Empty() || !body.ReadASN1Integer(&version) {
		return r, badData("not a TimeStampReq in DER")
	}
	if version != 1 {
		return r, &refusal{badRequest, "the version is not 1"}
	}
	if no := r.readImprint(&body); no != nil {
		return r, no
	}
	if body.PeekASN1Tag(tag.OBJECT_IDENTIFIER) && !body.ReadASN1ObjectIdentifier(&r.policy) {
		return r, badData("a policy that is no object identifier")
	}
	if body.PeekASN1Tag(tag.INTEGER) {
		var ok bool
		if r.nonce, ok = readNonce(&body); !ok {
			return r, badData("a nonce that is no integer of at most 128 octets")
		}
	}
	if body.PeekASN1Tag(tag.BOOLEAN) && !body.ReadASN1Boolean(&r.certificates) {
		return r, badData("certReq is no boolean")
	}
	if body.PeekASN1Tag(tag.Tag(0).ContextSpecific().Constructed()) {
		return r, &refusal{unacceptedExtension, "extensions are not supported"}
	}
	if !body.Empty() {
		return r, badData("more than a TimeStampReq has")
	}
	return r, nil
}

func (r *request) readImprint(body *cryptobyte.String) *refusal {
	var raw, imprint, algorithm, hash cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !body.ReadASN1Element(&raw, tag.SEQUENCE) {
		return badData("no message imprint")
	}
	r.imprint = raw
	if !raw.ReadASN1(&imprint, tag.SEQUENCE) || !imprint.ReadASN1(&algorithm, tag.SEQUENCE) ||
		!algorithm.ReadASN1ObjectIdentifier(&oid) || !imprint.ReadASN1(&hash, tag.OCTET_STRING) || !imprint.Empty() {
		return badData("a message imprint that is none")
	}
	if !algorithm.Empty() && !bytes.Equal(algorithm, []byte{5, 0}) {
		return &refusal{badAlg, "a digest algorithm with parameters"}
	}
	for _, known := range imprints {
		if !known.oid.Equal(oid) {
			continue
		}
		if len(hash) != known.size {
			return badData("a digest of another length than its algorithm's")
		}
		return nil
	}
	return &refusal{badAlg, "digests are SHA-256, SHA-384, SHA-512 or SM3"}
}

// readNonce returns an INTEGER as it stands: it is echoed, whatever its sign.
func readNonce(body *cryptobyte.String) ([]byte, bool) {
	var raw cryptobyte.String
	if !body.ReadASN1Element(&raw, tag.INTEGER) {
		return nil, false
	}
	var value asn1.RawValue
	if _, err := asn1.Unmarshal(raw, &value); err != nil || len(value.Bytes) == 0 || len(value.Bytes) > maxNonce {
		return nil, false
	}
	if v := value.Bytes; len(v) > 1 && (v[0] == 0 && v[1] < 0x80 || v[0] == 0xff && v[1] >= 0x80) {
		return nil, false // not the shortest form
	}
	return raw, true
}
