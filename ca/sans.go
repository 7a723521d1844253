package ca

import (
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"simtrust/ca/csr"
)

// maxNames bounds the alternative names of a certificate.
const maxNames = 100

func (s *SANs) empty() bool { return len(s.DNS)+len(s.IPs)+len(s.Emails)+len(s.URIs) == 0 }

// checkSANs holds every alternative name against the profile: its kind is allowed, and it is a name of that kind and nothing else.
// Errors: KindInvalid with [ReasonName].
func (p *Profile) checkSANs(s *SANs) error {
	for _, kind := range []struct {
		presence Presence
		names    []string
		valid    func(string) bool
	}{
		{p.DNS, s.DNS, p.isDNSName}, {p.Email, s.Emails, isEmail}, {p.URI, s.URIs, isURI}, {p.IP, texts(s.IPs), isAddress},
	} {
		switch {
		case kind.presence == Forbidden && len(kind.names) > 0:
			return errName("the profile does not allow alternative names of this kind")
		case kind.presence == Required && len(kind.names) == 0:
			return errName("the profile requires an alternative name")
		case !allDistinct(kind.names, kind.valid):
			return errName("an alternative name is malformed or given twice")
		}
	}
	switch n := len(s.DNS) + len(s.IPs) + len(s.Emails) + len(s.URIs); {
	case n > maxNames:
		return errName("too many alternative names")
	case n == 0 && p.SomeSAN:
		return errName("the profile requires an alternative name")
	}
	return nil
}

// checkCommonName holds a common name that must repeat a DNS name.
func (p *Profile) checkCommonName(s *Subject, names *SANs) error {
	if !p.NameFromSANs || s.CommonName == "" || slices.Contains(names.DNS, s.CommonName) {
		return nil
	}
	return errName("the common name is none of the DNS names")
}

// checkAsked refuses a request whose CSR asks for what it was not authorised for: an alternative name of any kind, a key usage,
// another extension. Nothing is dropped in silence.
func (p *Profile) checkAsked(r *csr.Request, granted *SANs) error {
	for _, asked := range []struct{ names, granted []string }{
		{r.DNSNames, granted.DNS}, {r.Emails, granted.Emails}, {r.URIs, granted.URIs}, {texts(r.IPs), texts(granted.IPs)},
	} {
		for _, n := range asked.names {
			if !slices.Contains(asked.granted, n) {
				return errName("the CSR asks for an alternative name that was not authorised")
			}
		}
	}
	if len(r.UPNs)+len(r.OtherNames) > 0 {
		return errName("the CSR asks for an alternative name of a kind that is not issued")
	}
	if r.KeyUsage&^p.KeyUsage != 0 {
		return errAsked("the CSR asks for a key usage that the profile does not have")
	}
	for _, id := range r.ExtKeyUsage {
		if !slices.ContainsFunc(p.ExtKeyUsage, id.Equal) {
			return errAsked("the CSR asks for an extended key usage that the profile does not have")
		}
	}
	for _, e := range r.Extensions {
		known := e.Id.Equal(oidSAN) || e.Id.Equal(oidKeyUsage) || e.Id.Equal(oidExtKeyUsage) || e.Id.Equal(oidBasicConstraints) ||
			e.Id.Equal(oidSubjectKeyID)
		if !known {
			return errAsked("the CSR asks for an extension that requests cannot choose")
		}
	}
	return nil
}

func texts(ips []netip.Addr) []string {
	out := make([]string, len(ips))
	for i, ip := range ips {
		out[i] = ip.Unmap().String()
	}
	return out
}

func allDistinct(names []string, valid func(string) bool) bool {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n] || !valid(n) {
			return false
		}
		seen[n] = true
	}
	return true
}

// isDNSName reports whether s is a host name, or a wildcard over a name of at least two labels where the profile allows that.
func (p *Profile) isDNSName(s string) bool {
	if base, wildcard := strings.CutPrefix(s, "*."); p.Wildcard && wildcard {
		return strings.Contains(base, ".") && isDNSName(base)
	}
	return isDNSName(s)
}

// isDNSName reports whether s is a host name in lower case, letters, digits and hyphens (RFC 1123): no wildcard, no final dot, and
// nothing that browsers and resolvers take for an address, such as 127.1.
func isDNSName(s string) bool {
	if len(s) == 0 || len(s) > 253 || strings.Trim(s[strings.LastIndexByte(s, '.')+1:], "0123456789") == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && ascii(s)
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && u.Host != "" && u.User == nil && ascii(s) && plainText(s) && !strings.ContainsAny(s, " \"{}")
}

// isAddress refuses what no host has, and zones.
func isAddress(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Zone() == "" && !ip.IsUnspecified() && !ip.IsMulticast()
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}
