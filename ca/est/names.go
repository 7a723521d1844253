package est

import (
	"encoding/asn1"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"simtrust/ca"
	"simtrust/ca/csr"
)

// names are what a certificate calls its subject.
type names struct {
	subject ca.Subject
	sans    ca.SANs
}

// attributes are the attribute types of subjects with their places.
var attributes = []struct {
	oid asn1.ObjectIdentifier
	of  func(*ca.Subject) *string
}{
	{asn1.ObjectIdentifier{2, 5, 4, 6}, func(s *ca.Subject) *string { return &s.Country }},
	{asn1.ObjectIdentifier{2, 5, 4, 8}, func(s *ca.Subject) *string { return &s.Province }},
	{asn1.ObjectIdentifier{2, 5, 4, 7}, func(s *ca.Subject) *string { return &s.Locality }},
	{asn1.ObjectIdentifier{2, 5, 4, 10}, func(s *ca.Subject) *string { return &s.Organization }},
	{asn1.ObjectIdentifier{2, 5, 4, 97}, func(s *ca.Subject) *string { return &s.OrganizationID }},
	{asn1.ObjectIdentifier{2, 5, 4, 11}, func(s *ca.Subject) *string { return &s.OrganizationalUnit }},
	{asn1.ObjectIdentifier{2, 5, 4, 3}, func(s *ca.Subject) *string { return &s.CommonName }},
}

// namesOf reads what a request wants to be called. Errors: KindInvalid with [ReasonSubject].
func namesOf(r *csr.Request) (n names, err error) {
	for _, rdn := range r.Subject {
		if len(rdn) != 1 || !n.take(rdn[0].Type, rdn[0].Value) {
			return names{}, invalid(ReasonSubject, "the subject has an attribute that no certificate here has, or one twice")
		}
	}
	n.sans = ca.SANs{DNS: r.DNSNames, IPs: r.IPs, Emails: r.Emails, URIs: r.URIs}
	return n, nil
}

func (n *names) take(kind asn1.ObjectIdentifier, value any) bool {
	text, ok := value.(string)
	for _, a := range attributes {
		if at := a.of(&n.subject); ok && a.oid.Equal(kind) && *at == "" && text != "" {
			*at = text
			return true
		}
	}
	return false
}

// authorise completes the names of a request with the subject of the credential, and refuses those that it does not authorise.
// Errors: KindDenied with [ReasonNames].
func (n *names) authorise(c Credential) error {
	if c.allowsAny() {
		return nil
	}
	for _, a := range attributes {
		asked, granted := a.of(&n.subject), *a.of(&c.Subject)
		if asked == &n.subject.CommonName {
			continue
		}
		if *asked != "" && *asked != granted {
			return errNames
		}
		*asked = granted
	}
	if cn := n.subject.CommonName; cn != "" && !c.allows(cn) {
		return errNames
	}
	if !n.allAllowed(c) {
		return errNames
	}
	return nil
}

var errNames = denied(ReasonNames, "the credential does not authorise these names")

func (n *names) allAllowed(c Credential) bool {
	return all(n.sans.DNS, c.allows) &&
		all(n.sans.IPs, func(ip netip.Addr) bool { return c.allowsAddress(ip.Unmap().String()) }) &&
		all(n.sans.Emails, func(mail string) bool { return c.allows(mail[strings.LastIndexByte(mail, '@')+1:]) }) &&
		all(n.sans.URIs, func(text string) bool {
			u, err := url.Parse(text)
			return err == nil && c.allows(u.Hostname())
		})
}

func all[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

// same reports whether a certificate has exactly these names, in whatever order.
func (n *names) same(c ca.Certificate) bool {
	return n.subject == c.Subject && sameSet(n.sans.DNS, c.SANs.DNS) && sameSet(n.sans.Emails, c.SANs.Emails) &&
		sameSet(n.sans.URIs, c.SANs.URIs) && sameSet(addresses(n.sans.IPs), addresses(c.SANs.IPs))
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func addresses(ips []netip.Addr) []string {
	texts := make([]string, len(ips))
	for i, ip := range ips {
		texts[i] = ip.Unmap().String()
	}
	return texts
}

// first is what the register finds a certificate of these names by.
func (n *names) first() string {
	for _, list := range [][]string{{n.subject.CommonName}, n.sans.DNS, addresses(n.sans.IPs)} {
		if len(list) > 0 && list[0] != "" {
			return list[0]
		}
	}
	return ""
}
