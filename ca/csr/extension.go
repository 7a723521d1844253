package csr

import (
	"bytes"
	"crypto/sha1" // key identifiers of RFC 5280 §4.2.1.2, not a signature
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxExtensions bounds the extensions of one request.
const maxExtensions = 32

var (
	oidChallenge         = stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 7}
	oidExtensionRequest  = stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 14}
	oidMicrosoftRequest  = stdasn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 2, 1, 14} // the same, as old Windows clients write it
	oidSubjectKeyID      = stdasn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage          = stdasn1.ObjectIdentifier{2, 5, 29, 15}
	oidSubjectAltName    = stdasn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasicConstraints  = stdasn1.ObjectIdentifier{2, 5, 29, 19}
	oidNameConstraints   = stdasn1.ObjectIdentifier{2, 5, 29, 30}
	oidPolicyMappings    = stdasn1.ObjectIdentifier{2, 5, 29, 33}
	oidPolicyConstraints = stdasn1.ObjectIdentifier{2, 5, 29, 36}
	oidExtKeyUsage       = stdasn1.ObjectIdentifier{2, 5, 29, 37}
)

// readers are the extensions a request may mark critical, because they are understood here. Others are surfaced raw.
var readers = map[string]func(*Request, cryptobyte.String) error{
	oidBasicConstraints.String():  (*Request).readBasicConstraints,
	oidKeyUsage.String():          (*Request).readKeyUsage,
	oidExtKeyUsage.String():       (*Request).readExtKeyUsage,
	oidSubjectAltName.String():    (*Request).readSANs,
	oidSubjectKeyID.String():      (*Request).readSubjectKeyID,
	oidNameConstraints.String():   (*Request).refuseAuthority,
	oidPolicyMappings.String():    (*Request).refuseAuthority,
	oidPolicyConstraints.String(): (*Request).refuseAuthority,
}

func (r *Request) readAttributes(attributes cryptobyte.String) error {
	challenges := 0
	for !attributes.Empty() {
		var attribute, values cryptobyte.String
		var id stdasn1.ObjectIdentifier
		if !attributes.ReadASN1(&attribute, asn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) ||
			!attribute.ReadASN1(&values, asn1.SET) || !attribute.Empty() {
			return errMalformed
		}
		var err error
		switch {
		case id.Equal(oidExtensionRequest) || id.Equal(oidMicrosoftRequest):
			err = r.readExtensions(values)
		case id.Equal(oidChallenge):
			challenges++
			err = r.readChallenge(values)
		}
		if err != nil {
			return err
		}
	}
	if challenges > 1 {
		return refuse(ReasonForbiddenExtension, "an attribute occurs twice")
	}
	return nil
}

func (r *Request) readChallenge(values cryptobyte.String) error {
	var text cryptobyte.String
	var tag asn1.Tag
	if !values.ReadAnyASN1(&text, &tag) || !values.Empty() || tag != asn1.UTF8String && tag != asn1.PrintableString || !ascii(text) {
		return errMalformed
	}
	r.Challenge = string(text)
	return checkText(r.Challenge)
}

// readExtensions reads one attribute of extensions. Some key services write one attribute an extension, so there may be several;
// no extension may occur twice in all of them.
func (r *Request) readExtensions(values cryptobyte.String) error {
	var list cryptobyte.String
	if !values.ReadASN1(&list, asn1.SEQUENCE) || !values.Empty() || list.Empty() {
		return errMalformed
	}
	for !list.Empty() {
		ext, err := readExtension(&list)
		if err != nil {
			return err
		}
		id := ext.Id.String()
		if len(r.Extensions) == maxExtensions {
			return refuse(ReasonForbiddenExtension, "more extensions than certificates have")
		}
		if slices.ContainsFunc(r.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(ext.Id) }) {
			return refuse(ReasonForbiddenExtension, "an extension occurs twice")
		}
		r.Extensions = append(r.Extensions, ext)
		if err := r.judge(id, ext); err != nil {
			return err
		}
	}
	return nil
}

func readExtension(list *cryptobyte.String) (pkix.Extension, error) {
	var ext pkix.Extension
	var fields, value cryptobyte.String
	if !list.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1ObjectIdentifier(&ext.Id) {
		return ext, errMalformed
	}
	if fields.PeekASN1Tag(asn1.BOOLEAN) {
		if !fields.ReadASN1Boolean(&ext.Critical) || !ext.Critical {
			return ext, refuse(ReasonNotDER, "a default value is written out")
		}
	}
	if !fields.ReadASN1(&value, asn1.OCTET_STRING) || !fields.Empty() {
		return ext, errMalformed
	}
	ext.Value = value
	return ext, nil
}

func (r *Request) judge(id string, ext pkix.Extension) error {
	read, known := readers[id]
	switch {
	case known && !isDER(ext.Value):
		return refuse(ReasonNotDER, "an extension is not one DER element")
	case known:
		return read(r, ext.Value)
	case ext.Critical:
		return refuse(ReasonForbiddenExtension, "an unknown extension is critical")
	}
	return nil
}

func (r *Request) readBasicConstraints(value cryptobyte.String) error {
	var fields cryptobyte.String
	if !value.ReadASN1(&fields, asn1.SEQUENCE) {
		return errMalformed
	}
	if !fields.Empty() {
		return refuse(ReasonForbiddenExtension, "the request asks to be an authority")
	}
	return nil
}

func (r *Request) refuseAuthority(cryptobyte.String) error {
	return refuse(ReasonForbiddenExtension, "the request asks for what only authorities have")
}

func (r *Request) readKeyUsage(value cryptobyte.String) error {
	var bits stdasn1.BitString
	if !value.ReadASN1BitString(&bits) || bits.BitLength == 0 || bits.BitLength > 9 || bits.At(bits.BitLength-1) == 0 {
		return errMalformed
	}
	for i := range bits.BitLength {
		r.KeyUsage |= x509.KeyUsage(bits.At(i) << i)
	}
	if r.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
		return refuse(ReasonForbiddenExtension, "the request asks to sign certificates or revocation lists")
	}
	return nil
}

func (r *Request) readExtKeyUsage(value cryptobyte.String) error {
	var list cryptobyte.String
	if !value.ReadASN1(&list, asn1.SEQUENCE) || list.Empty() {
		return errMalformed
	}
	for !list.Empty() {
		var id stdasn1.ObjectIdentifier
		if !list.ReadASN1ObjectIdentifier(&id) {
			return errMalformed
		}
		r.ExtKeyUsage = append(r.ExtKeyUsage, id)
	}
	return nil
}

func (r *Request) readSANs(value cryptobyte.String) error {
	var err error
	r.SANs, err = parseSANs(value)
	return err
}

// readSubjectKeyID takes the identifiers an authority would compute itself (RFC 5280 §4.2.1.2, RFC 7093 §2), so that no request
// can claim another key's.
func (r *Request) readSubjectKeyID(value cryptobyte.String) error {
	var id, info, alg cryptobyte.String
	var key []byte
	spki := cryptobyte.String(r.SPKI)
	if !value.ReadASN1(&id, asn1.OCTET_STRING) || !spki.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&alg, asn1.SEQUENCE) ||
		!info.ReadASN1BitStringAsBytes(&key) {
		return errMalformed
	}
	short, long := sha1.Sum(key), sha256.Sum256(key)
	if !bytes.Equal(id, short[:]) && !bytes.Equal(id, long[:]) && !bytes.Equal(id, long[:20]) {
		return refuse(ReasonForbiddenExtension, "the subject key identifier is not the key's")
	}
	return nil
}
