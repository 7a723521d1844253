package ca

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/smx509"
)

var (
	oidAnyPolicy   = asn1.ObjectIdentifier{2, 5, 29, 32, 0}
	oidAnyExtUsage = asn1.ObjectIdentifier{2, 5, 29, 37, 0}
)

// constraints are what an issuer's certificate and those above it leave of what it may issue: policies, extended key usages and
// names (RFC 5280, sections 4.2.1.4, 4.2.1.12 and 4.2.1.10).
type constraints []*constraint

// constraint is what one certificate of an authority says.
type constraint struct {
	*smx509.Certificate
	usages []asn1.ObjectIdentifier // none: all
}

// constraints reads the issuer's chain. It fails where a certificate says critically what is not understood here, or constrains names
// of other kinds than DNS and IP addresses.
func (i *Issuer) constraints() (cs constraints, err error) {
	chain := [][]byte{i.Raw}
	for _, raw := range i.Chain {
		if !bytes.Equal(raw, i.Raw) {
			chain = append(chain, raw)
		}
	}
	for _, raw := range chain {
		c := &constraint{}
		if c.Certificate, err = smx509.ParseCertificate(raw); err != nil {
			return nil, err
		}
		if c.usages, err = extUsages(c.Certificate); err != nil {
			return nil, err
		}
		others := len(c.PermittedEmailAddresses) + len(c.ExcludedEmailAddresses) + len(c.PermittedURIDomains) + len(c.ExcludedURIDomains)
		if others+len(c.UnhandledCriticalExtensions) > 0 {
			return nil, fmt.Errorf("the certificate of %s has constraints that are not understood", c.Subject)
		}
		cs = append(cs, c)
	}
	return cs, nil
}

func extUsages(c *smx509.Certificate) (usages []asn1.ObjectIdentifier, err error) {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidExtKeyUsage) {
			_, err = asn1.Unmarshal(e.Value, &usages)
		}
	}
	return usages, err
}

// allow reports whether certificates of a policy and with all of the usages can be issued. A certificate of an authority without
// policies leaves them open.
func (cs constraints) allow(policy asn1.ObjectIdentifier, usages []asn1.ObjectIdentifier) bool {
	return !slices.ContainsFunc(cs, func(c *constraint) bool {
		return len(c.Policies) > 0 && !c.hasPolicy(policy) && !c.hasPolicy(oidAnyPolicy) ||
			slices.ContainsFunc(usages, func(u asn1.ObjectIdentifier) bool { return !c.hasUsage(u) })
	})
}

func (c *constraint) hasPolicy(id asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(c.Policies, func(p smx509.OID) bool { return p.EqualASN1OID(id) })
}

func (c *constraint) hasUsage(id asn1.ObjectIdentifier) bool {
	return len(c.usages) == 0 || slices.ContainsFunc(c.usages, func(u asn1.ObjectIdentifier) bool { return u.Equal(id) || u.Equal(oidAnyExtUsage) })
}

// check holds alternative names against the constraints. Errors: KindInvalid with [ReasonName].
func (cs constraints) check(s *SANs) error {
	for _, c := range cs {
		if !c.allowNames(s) {
			return errName("an alternative name is none that the issuer's certificate allows")
		}
	}
	return nil
}

// allowNames is stricter than RFC 5280 in that whose DNS names are listed has no addresses but listed ones, and the reverse.
func (c *constraint) allowNames(s *SANs) bool {
	listed := len(c.PermittedDNSDomains)+len(c.PermittedIPRanges) > 0
	for _, name := range s.DNS {
		permitted := slices.ContainsFunc(c.PermittedDNSDomains, func(tree string) bool { return below(plainName(name), tree) })
		if listed && !permitted || slices.ContainsFunc(c.ExcludedDNSDomains, func(tree string) bool { return touches(name, tree) }) {
			return false
		}
	}
	for _, ip := range s.IPs {
		within := func(n *net.IPNet) bool { return contains(n, ip) }
		if listed && !slices.ContainsFunc(c.PermittedIPRanges, within) || slices.ContainsFunc(c.ExcludedIPRanges, within) {
			return false
		}
	}
	return true
}

// below reports whether a name is that of a subtree or ends in it, label by label. A subtree with a leading dot has no name of its own.
func below(name, tree string) bool {
	tree = strings.ToLower(tree)
	if tree == "" || name == tree {
		return true
	}
	return strings.HasSuffix(name, "."+strings.TrimPrefix(tree, "."))
}

// touches reports whether a name, or one that it is a wildcard for, is below a subtree.
func touches(name, tree string) bool {
	base := plainName(name)
	return below(base, tree) || base != name && strings.HasSuffix(strings.ToLower(tree), "."+base)
}

// plainName is a name without its wildcard: the subtree that all it stands for is in.
func plainName(name string) string { return strings.TrimPrefix(name, "*.") }

func contains(n *net.IPNet, ip netip.Addr) bool { return n.Contains(ip.Unmap().AsSlice()) }
