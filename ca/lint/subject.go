package lint

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute types of X.520.
const (
	attrCountry        = "2.5.4.6"
	attrProvince       = "2.5.4.8"
	attrLocality       = "2.5.4.7"
	attrOrganisation   = "2.5.4.10"
	attrOrganisationID = "2.5.4.97"
	attrUnit           = "2.5.4.11"
	attrSurname        = "2.5.4.4"
	attrGivenName      = "2.5.4.42"
	attrPseudonym      = "2.5.4.65"
	attrCommonName     = "2.5.4.3"
	attrSerialNumber   = "2.5.4.5"
)

// order is that of the attributes in every subject, the most general first, with the upper bounds of RFC 5280 Appendix A.
var order = []struct {
	id    string
	bound int // characters
}{
	{attrCountry, 2}, {attrProvince, 128}, {attrLocality, 128}, {attrOrganisation, 64}, {attrOrganisationID, 64}, {attrUnit, 64},
	{attrSurname, 64}, {attrGivenName, 64}, {attrPseudonym, 64}, {attrCommonName, 64}, {attrSerialNumber, 64},
}

var (
	// pseudonym is what a tenured subject's serial number looks like: 128 bits of an HMAC.
	pseudonym = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// telephone takes E.164 numbers and how people write them.
	telephone = regexp.MustCompile(`^(\+|00)?[0-9](?:[ ().-]?[0-9]){6,17}$`)
	// residentID is the citizen identification number of GB 11643.
	residentID = regexp.MustCompile(`^[1-9][0-9]{16}[0-9Xx]$`)
)

func checkSubject(r *report) {
	last, rdn := -1, -1
	present := map[string]string{}
	for _, a := range r.subject {
		id := a.id.String()
		rank := rankOf(id)
		r.object(rank < 0, "attribute %s is none of ours", id)
		r.object(rank >= 0 && rank <= last, "attribute %s is out of order or occurs twice", id)
		r.object(a.rdn == rdn, "two attributes share one RDN")
		last, rdn = max(last, rank), a.rdn
		present[id] = string(a.value)
		if rank >= 0 {
			checkAttribute(r, a, id, order[rank].bound)
		}
	}
	checkAttributes(r, present)
}

func rankOf(id string) int {
	for rank, o := range order {
		if o.id == id {
			return rank
		}
	}
	return -1
}

func checkAttribute(r *report, a attribute, id string, bound int) {
	value := string(a.value)
	want := asn1.UTF8String
	if id == attrCountry || id == attrSerialNumber {
		want = asn1.PrintableString
	}
	r.object(a.tag != want, "attribute %s has string type %d", id, a.tag)
	r.object(!utf8.ValidString(value) || value == "" || strings.TrimSpace(value) != value, "attribute %s is empty, padded or not UTF-8", id)
	r.object(utf8.RuneCountInString(value) > bound, "attribute %s is longer than %d characters", id, bound)
	r.object(strings.ContainsFunc(value, invisible) || strings.Contains(value, "{{"), "attribute %s holds control or template characters", id)
	r.object(id == attrCountry && !upperCase(value), "the country is not two capital letters")
	r.object(personalNumber(value), "attribute %s looks like a telephone or identity number", id)
}

// personalNumber spares addresses, which a server's common name may be.
func personalNumber(s string) bool {
	_, err := netip.ParseAddr(s)
	return err != nil && (telephone.MatchString(s) || residentID.MatchString(s))
}

func invisible(c rune) bool {
	return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || c == unicode.ReplacementChar
}

func upperCase(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// checkAttributes holds the subject as a whole against the profile.
func checkAttributes(r *report, present map[string]string) {
	for _, id := range r.rules.subjectMust {
		_, ok := present[id]
		r.object(!ok, "attribute %s is missing", id)
	}
	for id := range present {
		allowed := slices.Contains(r.rules.subjectMust, id) || slices.Contains(r.rules.subjectMay, id) || id == attrSerialNumber
		r.object(!allowed, "attribute %s is not of this profile", id)
	}
	serial, ok := present[attrSerialNumber]
	r.object(ok && r.rules.tenured == forbidden, "a subject serial number")
	r.object(!ok && r.rules.tenured == required, "no subject serial number")
	r.object(ok && !pseudonym.MatchString(serial), "the subject serial number is not a pseudonym of 128 bits in hex")
}
