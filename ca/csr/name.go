package csr

import (
	"strings"
	"unicode"

	stdasn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// checkNames walks a Name (RFC 5280 §4.1.2.4). The string types are those that RFC allows in new certificates, and IA5String for
// the attributes defined with it: an authority copies the octets, so what it cannot compare it does not take.
func checkNames(name cryptobyte.String) error {
	var rdns cryptobyte.String
	if !name.ReadASN1(&rdns, asn1.SEQUENCE) {
		return errMalformed
	}
	for !rdns.Empty() {
		var rdn cryptobyte.String
		if !rdns.ReadASN1(&rdn, asn1.SET) || rdn.Empty() {
			return errMalformed
		}
		for !rdn.Empty() {
			if err := checkAttribute(&rdn); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAttribute(rdn *cryptobyte.String) error {
	var attribute, value cryptobyte.String
	var id stdasn1.ObjectIdentifier
	var tag asn1.Tag
	if !rdn.ReadASN1(&attribute, asn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&id) ||
		!attribute.ReadAnyASN1(&value, &tag) || !attribute.Empty() {
		return errMalformed
	}
	switch tag {
	case asn1.UTF8String:
	case asn1.IA5String:
		if !ascii(value) {
			return refuse(ReasonForbiddenName, "an IA5String holds other than ASCII")
		}
	case asn1.PrintableString:
		if !printable(value) {
			return refuse(ReasonForbiddenName, "a PrintableString holds other characters")
		}
	default:
		return refuse(ReasonForbiddenName, "names are UTF8String, PrintableString or IA5String")
	}
	return checkText(string(value))
}

// checkText refuses what is invisible, what reorders text, and what a template engine down the line would act on.
func checkText(s string) error {
	if s == "" || strings.Contains(s, "{{") || strings.Contains(s, "}}") || strings.ContainsFunc(s, forbiddenRune) {
		return refuse(ReasonForbiddenName, "a name is empty or holds control or template characters")
	}
	return nil
}

func forbiddenRune(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// printable is the repertoire of X.680 §41.4.
func printable(b []byte) bool {
	for _, c := range b {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune(" '()+,-./:=?", rune(c)) {
			return false
		}
	}
	return true
}
