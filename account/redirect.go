package account

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const maxRedirectURI = 2048

var (
	// uriText is the characters of RFC 3986 without # and without the sub-delimiters' look-alikes that browsers rewrite (\ and space).
	uriText       = regexp.MustCompile(`^[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+$`)
	hostForm      = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)
	privateScheme = regexp.MustCompile(`^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+$`)
)

// checkRedirectURI accepts an absolute URI in its one written form, without fragment and user information: https, http on a
// loopback address, which never leaves the device (RFC 8252 §7.3, FAPI 2.0 Security Profile §5.3.2.2), and for a public app,
// which may be native, a private-use scheme with a dot (RFC 8252 §7.1).
func checkRedirectURI(raw string, public bool) error {
	refused := func(msg string) error { return invalid(ReasonInvalidRedirectURI, "a redirect URI "+msg) }
	if len(raw) > maxRedirectURI || !uriText.MatchString(raw) {
		return refused("has a character no URI has, a fragment, or more than 2048 characters")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || !u.IsAbs() || u.Opaque != "":
		return refused("must be absolute")
	case u.User != nil:
		return refused("must not have user information")
	case u.String() != raw:
		return refused("must be in its normal form")
	case dotted(u):
		return refused("must not have . or .. segments")
	}
	switch u.Scheme {
	case "https":
		if !validAuthority(u) {
			return refused("must have a host in lower case")
		}
	case "http":
		if !validAuthority(u) || !loopback(u.Hostname()) {
			return refused("must be https; http is for a loopback address only")
		}
	default:
		if !public || !privateScheme.MatchString(u.Scheme) || u.Path == "" {
			return refused("must be https; a private-use scheme has a dot and a path, and is for public apps")
		}
	}
	return nil
}

func dotted(u *url.URL) bool {
	segments := strings.Split(u.Path, "/")
	return slices.Contains(segments, ".") || slices.Contains(segments, "..")
}

func validAuthority(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != p {
			return false
		}
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		return ip.Zone() == "" && !ip.Is4In6() && ip.String() == u.Hostname()
	}
	return len(u.Hostname()) <= 253 && hostForm.MatchString(u.Hostname())
}

// loopback reports whether host is a loopback address or localhost.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
