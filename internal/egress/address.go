package egress

import "net/netip"

// special are the prefixes that no foreign URL may lead to: the special-purpose registries of IPv4 and IPv6, multicast, and the forms
// that carry an IPv4 address within an IPv6 one.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	"5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// unprivileged is the first port that a sandbox's loopback address may be reached at.
const unprivileged = 1024

// allowed reports whether a connection may go to an address.
func (n *Network) allowed(to netip.AddrPort) bool {
	ip := to.Addr().WithZone("").Unmap()
	if n.loopback && ip == loopback && to.Port() >= unprivileged {
		return true
	}
	for _, p := range special {
		if p.Contains(ip) {
			return false
		}
	}
	return ip.IsValid() && to.Port() != 0
}
