package status

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of a request.
const (
	maxRequest = 8 << 10
	maxCertIDs = 64
	maxNonce   = 128 // RFC 9654, section 2.1
)

// request is an OCSPRequest (RFC 6960, section 4.1.1). Who asks, and the signature that a request may have, do not matter here.
type request struct {
	ids   []certID
	nonce []byte // nil: none
}

// certID names a certificate. raw is its DER, echoed in the answer.
type certID struct {
	raw               []byte
	hash              []byte // content of the hash algorithm's object identifier
	nameHash, keyHash []byte
	serial            []byte // content of the INTEGER
}

var (
	oidNonce    = []byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2}
	oidResponse = []byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1, 4} // acceptable response types
	oidBasic    = []byte{0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1}
)

// parseRequest reads DER; false: malformed. The result refers to der.
func parseRequest(der []byte) (request, bool) {
	var r request
	in := cryptobyte.String(der)
	var outer, tbs, list, extensions cryptobyte.String
	var extended bool
	ok := len(der) <= maxRequest && in.ReadASN1(&outer, tag.SEQUENCE) && in.Empty() &&
		outer.ReadASN1(&tbs, tag.SEQUENCE) && outer.SkipOptionalASN1(explicit(0)) && outer.Empty() &&
		readVersion(&tbs) && tbs.SkipOptionalASN1(explicit(1)) && tbs.ReadASN1(&list, tag.SEQUENCE) &&
		tbs.ReadOptionalASN1(&extensions, &extended, explicit(2)) && tbs.Empty() && !list.Empty()
	if !ok || extended && !eachExtension(extensions, r.extension) {
		return request{}, false
	}
	for !list.Empty() {
		id, ok := readRequest(&list)
		if !ok || len(r.ids) == maxCertIDs {
			return request{}, false
		}
		r.ids = append(r.ids, id)
	}
	return r, true
}

// readVersion takes version 1 only, which should be left out and sometimes is not.
func readVersion(tbs *cryptobyte.String) bool {
	var version cryptobyte.String
	var present bool
	if !tbs.ReadOptionalASN1(&version, &present, explicit(0)) {
		return false
	}
	return !present || bytes.Equal(version, []byte{byte(tag.INTEGER), 1, 0})
}

// readRequest reads a Request: a CertID and extensions, of which none is understood.
func readRequest(list *cryptobyte.String) (certID, bool) {
	var one, element, extensions cryptobyte.String
	var extended bool
	ok := list.ReadASN1(&one, tag.SEQUENCE) && one.ReadASN1Element(&element, tag.SEQUENCE) &&
		one.ReadOptionalASN1(&extensions, &extended, explicit(0)) && one.Empty()
	if !ok || extended && !eachExtension(extensions, func(_ []byte, critical bool, _ cryptobyte.String) bool { return !critical }) {
		return certID{}, false
	}
	return readCertID(element)
}

func readCertID(element cryptobyte.String) (certID, bool) {
	id := certID{raw: element}
	var body, algorithm, oid, name, key, serial cryptobyte.String
	ok := element.ReadASN1(&body, tag.SEQUENCE) && body.ReadASN1(&algorithm, tag.SEQUENCE) &&
		algorithm.ReadASN1(&oid, tag.OBJECT_IDENTIFIER) && (algorithm.Empty() || bytes.Equal(algorithm, []byte{byte(tag.NULL), 0})) &&
		body.ReadASN1(&name, tag.OCTET_STRING) && body.ReadASN1(&key, tag.OCTET_STRING) &&
		body.ReadASN1(&serial, tag.INTEGER) && body.Empty() && minimal(serial)
	id.hash, id.nameHash, id.keyHash, id.serial = oid, name, key, serial
	return id, ok
}

// minimal holds the content of an INTEGER to DER (X.690, section 8.3.2).
func minimal(i []byte) bool {
	switch {
	case len(i) == 0:
		return false
	case len(i) == 1:
		return true
	}
	return !(i[0] == 0 && i[1] < 0x80) && !(i[0] == 0xff && i[1] >= 0x80)
}

// extension takes one extension of the request as a whole.
func (r *request) extension(oid []byte, critical bool, value cryptobyte.String) bool {
	switch {
	case bytes.Equal(oid, oidNonce):
		var nonce cryptobyte.String
		ok := r.nonce == nil && value.ReadASN1(&nonce, tag.OCTET_STRING) && value.Empty() && len(nonce) > 0 && len(nonce) <= maxNonce
		r.nonce = nonce
		return ok
	case bytes.Equal(oid, oidResponse):
		return takesBasic(value)
	}
	return !critical
}

// takesBasic says whether a list of acceptable response types has the one there is.
func takesBasic(value cryptobyte.String) bool {
	var list, oid cryptobyte.String
	if !value.ReadASN1(&list, tag.SEQUENCE) || !value.Empty() {
		return false
	}
	basic := false
	for !list.Empty() {
		if !list.ReadASN1(&oid, tag.OBJECT_IDENTIFIER) {
			return false
		}
		basic = basic || bytes.Equal(oid, oidBasic)
	}
	return basic
}

// eachExtension reads Extensions and passes them on; false where they, or what take says to one, are malformed.
func eachExtension(in cryptobyte.String, take func(oid []byte, critical bool, value cryptobyte.String) bool) bool {
	var list cryptobyte.String
	if !in.ReadASN1(&list, tag.SEQUENCE) || !in.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var one, oid, value cryptobyte.String
		var critical bool
		ok := list.ReadASN1(&one, tag.SEQUENCE) && one.ReadASN1(&oid, tag.OBJECT_IDENTIFIER) &&
			(!one.PeekASN1Tag(tag.BOOLEAN) || one.ReadASN1Boolean(&critical)) && one.ReadASN1(&value, tag.OCTET_STRING) && one.Empty()
		if !ok || !take(oid, critical, value) {
			return false
		}
	}
	return true
}
