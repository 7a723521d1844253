package est

import (
	"crypto/subtle"
	"encoding/asn1"
	"encoding/base64"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca/csr"
)

var (
	oidChallenge = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 7}
	// refused are the attributes that a client may only use if the server acts on them.
	refused = []asn1.ObjectIdentifier{
		{1, 3, 6, 1, 5, 5, 7, 7, 36},         // id-cmc-changeSubjectName
		{1, 2, 840, 113549, 1, 9, 16, 2, 56}, // otpChallenge (RFC 7894)
		{1, 2, 840, 113549, 1, 9, 16, 2, 57}, // revocationChallenge
		{1, 2, 840, 113549, 1, 9, 16, 2, 58}, // estIdentityLinking
	}
)

// readRequest takes a certification request out of a body: base64, whatever white space stands in it. binding is the connection's
// tls-unique, nil where it has none. Errors: KindInvalid with a reason of this package or of ca/csr.
func readRequest(body, binding []byte) (*csr.Request, error) {
	text := slices.DeleteFunc(slices.Clone(body), func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' })
	der, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	if err != nil || len(der) == 0 {
		return nil, invalid(ReasonEncoding, "the body is not a certification request in base64")
	}
	r, err := csr.Parse(der)
	if err != nil {
		return nil, err
	}
	return r, checkAttributes(r, binding)
}

// checkAttributes refuses what a request claims or asks for beside its extensions (RFC 7030, sections 3.5 and 4.2.2).
func checkAttributes(r *csr.Request, binding []byte) error {
	for _, id := range attributeTypes(r.Raw) {
		switch {
		case slices.ContainsFunc(refused, id.Equal):
			return invalid(ReasonAttribute, "the request has an attribute that is not acted on here")
		case id.Equal(oidChallenge) && !linked(r.Challenge, binding):
			return invalid(ReasonLinking, "the challenge password is not the tls-unique of this connection; leave it out")
		}
	}
	return nil
}

func linked(challenge string, binding []byte) bool {
	want := base64.StdEncoding.EncodeToString(binding)
	return len(binding) > 0 && subtle.ConstantTimeCompare([]byte(challenge), []byte(want)) == 1
}

// attributeTypes lists the attributes of a request that was parsed.
func attributeTypes(der cryptobyte.String) (ids []asn1.ObjectIdentifier) {
	var request, info, list cryptobyte.String
	ok := der.ReadASN1(&request, tag.SEQUENCE) && request.ReadASN1(&info, tag.SEQUENCE) && info.SkipASN1(tag.INTEGER) &&
		info.SkipASN1(tag.SEQUENCE) && info.SkipASN1(tag.SEQUENCE) && info.ReadASN1(&list, tag.Tag(0).ContextSpecific().Constructed())
	for ok && !list.Empty() {
		var attribute cryptobyte.String
		var id asn1.ObjectIdentifier
		if ok = list.ReadASN1(&attribute, tag.SEQUENCE) && attribute.ReadASN1ObjectIdentifier(&id); ok {
			ids = append(ids, id)
		}
	}
	return ids
}
