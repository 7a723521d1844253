package csr

import (
	stdasn1 "encoding/asn1"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// GeneralName tags of RFC 5280 §4.2.1.6.
const (
	tagOtherName = iota
	tagEmail
	tagDNS
	tagX400
	tagDirectory
	tagEDIParty
	tagURI
	tagIP
	tagRegisteredID
)

// maxNames bounds the alternative names of one request, as ACME services do.
const maxNames = 100

var oidUPN = stdasn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}

var errSAN = refuse(ReasonForbiddenName, "a subject alternative name is malformed")

// parseSANs reads GeneralNames; the octets are known to be DER.
func parseSANs(value cryptobyte.String) (SANs, error) {
	var names cryptobyte.String
	if !value.ReadASN1(&names, asn1.SEQUENCE) || !value.Empty() || names.Empty() {
		return SANs{}, errMalformed
	}
	var sans SANs
	for n := 0; !names.Empty(); n++ {
		var content cryptobyte.String
		var tag asn1.Tag
		if n == maxNames || !names.ReadAnyASN1(&content, &tag) || tag&0xc0 != 0x80 {
			return SANs{}, errSAN
		}
		if err := sans.add(tag, content); err != nil {
			return SANs{}, err
		}
	}
	return sans, nil
}

// constructed are the forms whose content is an element of its own.
var constructed = map[int]bool{tagOtherName: true, tagX400: true, tagDirectory: true, tagEDIParty: true}

func (s *SANs) add(tag asn1.Tag, content cryptobyte.String) error {
	number := int(tag & 0x1f)
	if (tag&0x20 != 0) != constructed[number] || len(content) == 0 {
		return errSAN
	}
	switch number {
	case tagEmail:
		return appendText(&s.Emails, content, validEmail)
	case tagDNS:
		return appendText(&s.DNSNames, content, validDNS)
	case tagURI:
		return appendText(&s.URIs, content, validURI)
	case tagIP:
		return s.addIP(content)
	case tagOtherName:
		return s.addOther(content)
	case tagDirectory:
		if err := checkNames(content); err != nil {
			return err
		}
		fallthrough
	case tagX400, tagEDIParty, tagRegisteredID:
		s.OtherNames = append(s.OtherNames, OtherName{Tag: number, Value: content})
		return nil
	default:
		return errSAN
	}
}

func appendText(to *[]string, content []byte, valid func(string) bool) error {
	if !ascii(content) {
		return errSAN
	}
	text := string(content)
	if err := checkText(text); err != nil {
		return err
	}
	if strings.Contains(text, " ") || !valid(text) {
		return errSAN
	}
	*to = append(*to, text)
	return nil
}

// validEmail takes a dot-atom before the at sign (RFC 5322 §3.4.1): a quoted local part is legal and never a real address.
func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && !strings.ContainsAny(local, `"\<>()[],;:`) && validDNS(domain) && !strings.HasPrefix(domain, "*")
}

func validURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "")
}

// validDNS takes host names in the preferred syntax of RFC 1034 §3.5, with a wildcard as the whole first label.
func validDNS(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimPrefix(s, "*."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, hostCharacters) != "" {
			return false
		}
	}
	return true
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

func (s *SANs) addIP(content []byte) error {
	addr, ok := netip.AddrFromSlice(content)
	if !ok || addr.Is4In6() {
		return errSAN
	}
	s.IPs = append(s.IPs, addr)
	return nil
}

func (s *SANs) addOther(content cryptobyte.String) error {
	var id stdasn1.ObjectIdentifier
	var value, text cryptobyte.String
	if !content.ReadASN1ObjectIdentifier(&id) || !content.ReadASN1(&value, asn1.Tag(0).ContextSpecific().Constructed()) || !content.Empty() {
		return errSAN
	}
	if !id.Equal(oidUPN) {
		s.OtherNames = append(s.OtherNames, OtherName{Tag: tagOtherName, Type: id, Value: value})
		return nil
	}
	if !value.ReadASN1(&text, asn1.UTF8String) || !value.Empty() {
		return errSAN
	}
	s.UPNs = append(s.UPNs, string(text))
	return checkText(string(text))
}
