package csr

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// maxDepth bounds nesting; a request with every kind of name stays under ten.
const maxDepth = 16

// isDER says whether in is exactly one element in the distinguished encoding (X.690 §10, §11), as far as universal tags show it.
// Long tag numbers are refused: nothing in a request has one.
func isDER(in []byte) bool {
	s := cryptobyte.String(in)
	_, ok := readDER(&s, 0)
	return ok && s.Empty()
}

// readDER reads one element and returns it whole. cryptobyte refuses indefinite and overlong lengths.
func readDER(s *cryptobyte.String, depth int) (cryptobyte.String, bool) {
	var element, content cryptobyte.String
	var tag asn1.Tag
	if depth > maxDepth || !s.ReadAnyASN1Element(&element, &tag) {
		return nil, false
	}
	whole := element
	if !element.ReadAnyASN1(&content, &tag) {
		return nil, false
	}
	if tag&0x20 != 0 {
		return whole, derConstructed(tag, content, depth)
	}
	return whole, derPrimitive(tag, content)
}

func derConstructed(tag asn1.Tag, content cryptobyte.String, depth int) bool {
	universal := tag&0xc0 == 0
	if universal && tag != asn1.SEQUENCE && tag != asn1.SET {
		return false
	}
	var last []byte
	for !content.Empty() {
		next, ok := readDER(&content, depth+1)
		if !ok || tag == asn1.SET && bytes.Compare(last, next) > 0 {
			return false
		}
		last = next
	}
	return true
}

func derPrimitive(tag asn1.Tag, content []byte) bool {
	switch tag {
	case 0, asn1.SEQUENCE &^ 0x20, asn1.SET &^ 0x20:
		return false
	case asn1.BOOLEAN:
		return len(content) == 1 && (content[0] == 0 || content[0] == 0xff)
	case asn1.INTEGER, asn1.ENUM:
		return minimalInteger(content)
	case asn1.BIT_STRING:
		return minimalBits(content)
	case asn1.NULL:
		return len(content) == 0
	case asn1.OBJECT_IDENTIFIER:
		return minimalOID(content)
	case asn1.UTF8String:
		return utf8.Valid(content)
	default:
		return true
	}
}

func minimalInteger(b []byte) bool {
	switch {
	case len(b) == 0:
		return false
	case len(b) == 1:
		return true
	default:
		return !(b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80)
	}
}

// minimalBits holds the unused bits to zero, X.690 §11.2.1.
func minimalBits(b []byte) bool {
	if len(b) == 0 || b[0] > 7 || len(b) == 1 && b[0] != 0 {
		return false
	}
	return len(b) == 1 || b[len(b)-1]&(1<<b[0]-1) == 0
}

// minimalOID refuses an empty identifier, an arc that is cut short, and one with leading zeros.
func minimalOID(b []byte) bool {
	if len(b) == 0 || b[len(b)-1] >= 0x80 {
		return false
	}
	start := true
	for _, c := range b {
		if start && c == 0x80 {
			return false
		}
		start = c < 0x80
	}
	return true
}
