package ca

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust"
)

// Attribute is an attribute type of a subject's name.
type Attribute int

// The attributes a profile can allow. The serial number is not among them: it is ours.
const (
	Country Attribute = iota
	Province
	Locality
	Organization
	OrganizationID
	OrganizationalUnit
	GivenName
	Surname
	Pseudonym
	CommonName
)

var attributeNames = map[string]Attribute{
	"country": Country, "province": Province, "locality": Locality, "organization": Organization, "organization_id": OrganizationID,
	"organizational_unit": OrganizationalUnit, "given_name": GivenName, "surname": Surname, "pseudonym": Pseudonym,
	"common_name": CommonName,
}

// String is the name in profiles.
func (a Attribute) String() string {
	for name, known := range attributeNames {
		if known == a {
			return name
		}
	}
	return ""
}

// attribute types with their upper bounds in characters (RFC 5280, appendix A.1).
var attributes = [...]struct {
	oid   asn1.ObjectIdentifier
	bound int
	of    func(*Subject) string
}{
	Country:            {asn1.ObjectIdentifier{2, 5, 4, 6}, 2, func(s *Subject) string { return s.Country }},
	Province:           {asn1.ObjectIdentifier{2, 5, 4, 8}, 128, func(s *Subject) string { return s.Province }},
	Locality:           {asn1.ObjectIdentifier{2, 5, 4, 7}, 128, func(s *Subject) string { return s.Locality }},
	Organization:       {asn1.ObjectIdentifier{2, 5, 4, 10}, 64, func(s *Subject) string { return s.Organization }},
	OrganizationID:     {asn1.ObjectIdentifier{2, 5, 4, 97}, 64, func(s *Subject) string { return s.OrganizationID }},
	OrganizationalUnit: {asn1.ObjectIdentifier{2, 5, 4, 11}, 64, func(s *Subject) string { return s.OrganizationalUnit }},
	GivenName:          {asn1.ObjectIdentifier{2, 5, 4, 42}, 64, func(s *Subject) string { return s.GivenName }},
	Surname:            {asn1.ObjectIdentifier{2, 5, 4, 4}, 64, func(s *Subject) string { return s.Surname }},
	Pseudonym:          {asn1.ObjectIdentifier{2, 5, 4, 65}, 64, func(s *Subject) string { return s.Pseudonym }},
	CommonName:         {asn1.ObjectIdentifier{2, 5, 4, 3}, 64, func(s *Subject) string { return s.CommonName }},
}

var oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}

// checkSubject holds a subject against the profile's rules. Errors: KindInvalid with [ReasonSubject].
func (p *Profile) checkSubject(s *Subject) error {
	allowed := [len(attributes)]bool{}
	for _, r := range p.Subject {
		allowed[r.Attribute] = true
		if r.Required && attributes[r.Attribute].of(s) == "" {
			return errSubject("the profile requires " + r.Attribute.String())
		}
	}
	for a := range attributes {
		v := attributes[a].of(s)
		switch {
		case v == "":
		case !allowed[a]:
			return errSubject("the profile has no " + Attribute(a).String())
		case utf8.RuneCountInString(v) > attributes[a].bound:
			return errSubject(Attribute(a).String() + " is too long")
		case !plainText(v):
			return errSubject(Attribute(a).String() + " holds characters that no name has")
		case isNumber(v):
			return errSubject(Attribute(a).String() + " looks like a telephone or identity number, and certificates carry none")
		}
	}
	if s.Country != "" && !isCountry(s.Country) {
		return errSubject("the country is two capital letters, ISO 3166-1")
	}
	if p.Person && (s.Pseudonym != "") == (s.Surname != "" || s.GivenName != "") {
		return errSubject("a person goes by surname and given name, or by a pseudonym")
	}
	return nil
}

func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// isNumber reports whether s is a run of seven or more digits, of whatever script, and what people write between them.
func isNumber(s string) bool {
	digits := strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) || c == 'X' || c == 'x' {
			return '0'
		}
		if strings.ContainsRune("+-(). ", c) {
			return -1
		}
		return 'a'
	}, s)
	return len(digits) >= 7 && strings.Trim(digits, "0") == ""
}

// plainText reports whether s is text a name can have: valid UTF-8 without control, format, private or unassigned characters, not
// padded with spaces, and without what templates, wildcards and markup are made of.
func plainText(s string) bool {
	if !utf8.ValidString(s) || strings.TrimSpace(s) != s || strings.Contains(s, "{{") || strings.Contains(s, "}}") || strings.Contains(s, "${") {
		return false
	}
	for _, c := range s {
		if c == utf8.RuneError || c == '*' || c == '<' || c == '>' || c == '\\' || !unicode.IsPrint(c) && c != ' ' && c != '\u3000' {
			return false
		}
	}
	return true
}

// appendSubject writes the Name: one RDN per attribute in the profile's order, our serial number last. Country and serial number
// are PrintableString as their definitions ask; all else is UTF8String, the bytes as given.
func (p *Profile) appendSubject(b *cryptobyte.Builder, s *Subject, serial string) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, r := range p.Subject {
			a := attributes[r.Attribute]
			if v := a.of(s); v != "" {
				appendRDN(b, a.oid, r.Attribute == Country, v)
			}
		}
		if serial != "" {
			appendRDN(b, oidSerialNumber, true, serial)
		}
	})
}

func appendRDN(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, printable bool, value string) {
	kind := tag.UTF8String
	if printable {
		kind = tag.PrintableString
	}
	b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(kind, func(b *cryptobyte.Builder) { b.AddBytes([]byte(value)) })
		})
	})
}

// subjectSerial derives the subject's serial number: 128 bits of an HMAC over the tenure, under a key of the profile and the
// relying party. The same person has another one at every party, and who knows one cannot compute the next.
func subjectSerial(secret []byte, profile, relyingParty string, tenure simtrust.TenureID) string {
	key := keyed(secret, fmt.Sprintf("%d:%s%s", len(profile), profile, relyingParty))
	return hex.EncodeToString(keyed(key, string(tenure))[:16])
}

func keyed(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
