package radius

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// DefaultRetransmit is the retransmission horizon of a NAS that names none.
const DefaultRetransmit = 30 * time.Second

// NAS is one network access server, or several that share a name and so are one to the Accountant: an Accounting-On from any
// of them is about all of their sessions.
type NAS struct {
	// Name appears in records and counts; unique.
	Name string
	// Addr holds the source addresses of the NAS. Where prefixes overlap the longest applies.
	Addr netip.Prefix
	// Secret is shared with the NAS; RFC 2865 §3 asks for at least 16 octets, an empty one is refused.
	Secret []byte
	// Realm names the address space of the sessions: the same private address in two realms is two addresses.
	Realm string
	// Interim is the interval of Interim-Updates; required.
	Interim time.Duration
	// Retransmit is how long the NAS repeats an unanswered request; DefaultRetransmit when zero.
	Retransmit time.Duration
}

// A table finds the NAS of a source address; it is sorted by prefix length, longest first.
type table []NAS

func newTable(nases []NAS) (table, error) {
	t := slices.Clone(nases)
	names, prefixes := map[string]bool{}, map[netip.Prefix]bool{}
	for i := range t {
		n := &t[i]
		if err := n.check(); err != nil {
			return nil, err
		}
		n.Addr = n.Addr.Masked()
		n.Secret = bytes.Clone(n.Secret)
		n.Retransmit = cmp.Or(n.Retransmit, DefaultRetransmit)
		if names[n.Name] || prefixes[n.Addr] {
			return nil, fmt.Errorf("radius: NAS %q: its name or prefix is taken by another one", n.Name)
		}
		names[n.Name], prefixes[n.Addr] = true, true
	}
	slices.SortFunc(t, func(a, b NAS) int { return cmp.Compare(b.Addr.Bits(), a.Addr.Bits()) })
	return t, nil
}

func (n *NAS) check() error {
	switch {
	case n.Name == "":
		return fmt.Errorf("radius: the NAS at %s has no name", n.Addr)
	case !n.Addr.IsValid() || n.Addr.Addr().Is4In6():
		return fmt.Errorf("radius: NAS %q: needs a source prefix such as 192.0.2.1/32", n.Name)
	case len(n.Secret) == 0:
		return fmt.Errorf("radius: NAS %q: needs a secret", n.Name)
	case n.Interim <= 0:
		return fmt.Errorf("radius: NAS %q: needs the interval of its Interim-Updates", n.Name)
	case n.Retransmit < 0:
		return fmt.Errorf("radius: NAS %q: negative retransmission horizon", n.Name)
	default:
		return nil
	}
}

func (t table) find(source netip.Addr) (NAS, bool) {
	source = source.Unmap().WithZone("")
	for _, n := range t {
		if n.Addr.Contains(source) {
			return n, true
		}
	}
	return NAS{}, false
}
