package lint

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// GeneralName tags of RFC 5280 §4.2.1.6.
const (
	nameDNS = 2
	nameURI = 6
	nameIP  = 7
)

func checkAlternativeNames(r *report) {
	value, present := r.extension(extSubjectAltName)
	rule := r.rules.san
	r.object(present && rule.presence == forbidden, "alternative names where the profile has none")
	r.object(!present && rule.presence == required, "no alternative name")
	if !present {
		return
	}
	names, ok := alternativeNames(r, value)
	r.object(!ok || len(names) == 0, "the alternative names are malformed")
	for i, n := range names {
		r.object(slices.Contains(names[:i], n), "an alternative name occurs twice")
	}
	for _, a := range r.subject {
		if rule.named && a.id.String() == attrCommonName {
			r.object(!slices.Contains(names, string(a.value)), "the common name is none of the alternative names")
		}
	}
}

func alternativeNames(r *report, in cryptobyte.String) (names []string, ok bool) {
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var content cryptobyte.String
		var tag asn1.Tag
		if !list.ReadAnyASN1(&content, &tag) {
			return nil, false
		}
		number := int(tag & 0x1f)
		r.object(!slices.Contains(r.rules.san.tags, number), "an alternative name of type %d", number)
		names = append(names, nameText(number, content))
		r.object(number == nameDNS && !lowerHost(string(content)), "a DNS name that is not a host name in lower case")
	}
	return names, true
}

func nameText(tag int, content []byte) string {
	if addr, ok := netip.AddrFromSlice(content); ok && tag == nameIP {
		return addr.String()
	}
	return string(content)
}

// lowerHost takes one way of writing a name, so that one name is one string.
func lowerHost(s string) bool {
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "*."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return len(s) <= 253
}
