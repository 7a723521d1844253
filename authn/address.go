package authn

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// Proxies are the reverse proxies whose forwarding headers are believed. Loopback is not among them unless it is listed.
type Proxies []netip.Prefix

// Client returns the address that r comes from; port 0 means that the port is not known.
//
// It is the peer of the connection, unless that is a configured proxy. Then it is the rightmost address of Forwarded (RFC 7239) or
// X-Forwarded-For that is not a configured proxy itself: everything to the left of it is hearsay. An error, never a guess, if
// neither or both headers are there, if the header is malformed or too long, if that place holds anything but an address ("unknown",
// an obfuscated name), or if there is no such place. IPv4-mapped IPv6 addresses are unmapped.
func (p Proxies) Client(r *http.Request) (netip.AddrPort, error) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}, errors.New("the connection has no peer address")
	}
	peer = netip.AddrPortFrom(plain(peer.Addr()), peer.Port())
	if !p.trust(peer.Addr()) {
		return peer, nil
	}
	nodes, err := forwardedNodes(r.Header)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		hop, err := parseNode(nodes[i])
		if err != nil {
			return netip.AddrPort{}, err
		}
		if !p.trust(hop.Addr()) {
			return hop, nil
		}
	}
	return netip.AddrPort{}, errors.New("every forwarding address is a proxy's")
}

func (p Proxies) trust(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

// plain unmaps an address and drops its zone, so that equal addresses compare equal.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// maxForwarded bounds a forwarding header, all its lines together, in octets.
const maxForwarded = 4096

// forwardedNodes returns the hops of the one forwarding header that is there, nearest last.
func forwardedNodes(h http.Header) ([]string, error) {
	standard, customary := h.Values("Forwarded"), h.Values("X-Forwarded-For")
	lines := strings.Join(append(standard, customary...), ",")
	switch {
	case len(standard) > 0 && len(customary) > 0:
		return nil, errors.New("both Forwarded and X-Forwarded-For are present")
	case lines == "":
		return nil, errors.New("the proxy names no client")
	case len(lines) > maxForwarded:
		return nil, errors.New("the forwarding header is too long")
	case len(standard) > 0:
		return parseForwarded(lines)
	}
	nodes := strings.Split(lines, ",")
	for i := range nodes {
		nodes[i] = strings.Trim(nodes[i], " \t")
	}
	return nodes, nil
}

// parseForwarded returns the for parameter of every element of a Forwarded header (RFC 7239 §4), "" where an element has none.
func parseForwarded(s string) ([]string, error) {
	var nodes []string
	for {
		node, rest, err := forwardedElement(s)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		if rest == "" {
			return nodes, nil
		}
		s = rest[1:] // the comma
	}
}

var errForwarded = errors.New("malformed Forwarded header")

// forwardedElement reads pairs up to a comma or the end; rest starts with that comma.
func forwardedElement(s string) (node, rest string, err error) {
	seen := map[string]bool{}
	for ; ; s = s[1:] {
		name, after := token(strings.TrimLeft(s, " \t"))
		if name == "" || after == "" || after[0] != '=' {
			return "", "", errForwarded
		}
		value, after, err := tokenOrQuoted(after[1:])
		if err != nil {
			return "", "", err
		}
		name = strings.ToLower(name)
		if seen[name] {
			return "", "", errForwarded // RFC 7239 §4: each parameter at most once per element
		}
		seen[name] = true
		if name == "for" {
			if strings.Count(value, ":") > 1 && value[0] != '[' {
				return "", "", errForwarded // RFC 7239 §6: IPv6 in brackets, else its end might be a port
			}
			node = value
		}
		if s = strings.TrimLeft(after, " \t"); s == "" || s[0] == ',' {
			return node, s, nil
		}
		if s[0] != ';' {
			return "", "", errForwarded
		}
	}
}

// token reads a token (RFC 9110 §5.6.2).
func token(s string) (tok, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[end:]
}

// tokenOrQuoted reads a token or a quoted string (RFC 9110 §5.6.4), which must not be empty.
func tokenOrQuoted(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		if value, rest = token(s); value == "" {
			return "", "", errForwarded
		}
		return value, rest, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"' && b.Len() > 0:
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"' || s[i] == '\\':
			return "", "", errForwarded
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errForwarded
}

// parseNode parses an address with or without port: 192.0.2.1, 192.0.2.1:80, [2001:db8::1], [2001:db8::1]:80 (RFC 7239 §6), and the
// bare 2001:db8::1 that X-Forwarded-For has. An obfuscated port is an unknown one.
func parseNode(s string) (netip.AddrPort, error) {
	host, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && (strings.Count(s, ":") == 1 || strings.HasSuffix(s[:i], "]")) {
		host, port = s[:i], s[i:]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		if host, ok = strings.CutSuffix(inner, "]"); !ok || !strings.Contains(host, ":") {
			return netip.AddrPort{}, errNode(s)
		}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Zone() != "" {
		return netip.AddrPort{}, errNode(s)
	}
	number, err := nodePort(port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(plain(addr), number), nil
}

func errNode(s string) error {
	return fmt.Errorf("a forwarding hop of %d octets is no address", len(s))
}

// nodePort reads "", ":80" or an obfuscated port such as ":_web" (RFC 7239 §6.3).
func nodePort(s string) (uint16, error) {
	if s == "" || len(s) > 2 && s[:2] == ":_" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s[1:], 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("a forwarding hop has no valid port")
	}
	return uint16(n), nil
}
