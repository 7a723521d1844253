package ceremony

import (
	"encoding/asn1"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidOrganisation = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
)

// nameMost is the upper bound of common name and organisation in characters (RFC 5280, appendix A.1).
const nameMost = 64

// within completes a name with the organisation and country of the ceremony.
func (s Subject) within(spec Spec) Subject {
	if s.Organisation == "" {
		s.Organisation = spec.Organisation
	}
	if s.Country == "" {
		s.Country = spec.Country
	}
	return s
}

// der encodes country, organisation, common name, from the general to the particular. The country is a PrintableString, as
// X.520 wants, the others are UTF8String (RFC 5280 §4.1.2.4).
func (s Subject) der() ([]byte, error) {
	if !isCountry(s.Country) {
		return nil, refused("country must be two capital letters in the subject " + s.CommonName)
	}
	if !isName(s.Organisation) || !isName(s.CommonName) {
		return nil, refused("common name and organisation must be 1 to 64 printable characters, without space around them")
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addAttribute(b, oidCountry, cbasn1.PrintableString, s.Country)
		addAttribute(b, oidOrganisation, cbasn1.UTF8String, s.Organisation)
		addAttribute(b, oidCommonName, cbasn1.UTF8String, s.CommonName)
	})
	return b.Bytes()
}

func addAttribute(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, tag cbasn1.Tag, value string) {
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
		})
	})
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

func isName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 1 || n > nameMost || !utf8.ValidString(s) || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) { // printable spaces other than U+0020 are not
			return false
		}
	}
	return true
}
