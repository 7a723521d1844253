package lint

import (
	stdasn1 "encoding/asn1"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	accessOCSP    = "1.3.6.1.5.5.7.48.1"
	accessIssuers = "1.3.6.1.5.5.7.48.2"
)

// expected are the pointers the profile wants of the options.
func (s *Set) expected() (ocsp, issuers, crl string) {
	if s.rules.pointers == pointersNone {
		return "", "", ""
	}
	return s.opts.OCSP, s.opts.CAIssuers, s.opts.CRLPrefix
}

func checkAuthorityInformation(r *report) {
	value, present := r.extension(extAuthorityInfo)
	got, ok := accessDescriptions(value)
	r.object(present && !ok, "the authority information access is malformed")
	ocsp, issuers, _ := r.expected()
	for method, want := range map[string]string{accessOCSP: ocsp, accessIssuers: issuers} {
		var expected []string
		if want != "" {
			expected = []string{want}
		}
		r.object(!slices.Equal(got[method], expected), "access method %s is at %q, want %q", method, got[method], want)
		delete(got, method)
	}
	r.object(len(got) > 0, "unknown access method")
}

// accessDescriptions reads AuthorityInfoAccessSyntax (RFC 5280 §4.2.2.1) with URLs alone.
func accessDescriptions(in cryptobyte.String) (map[string][]string, bool) {
	locations := map[string][]string{}
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return locations, false
	}
	for !list.Empty() {
		var access, location cryptobyte.String
		var method stdasn1.ObjectIdentifier
		if !list.ReadASN1(&access, asn1.SEQUENCE) || !access.ReadASN1ObjectIdentifier(&method) ||
			!access.ReadASN1(&location, asn1.Tag(nameURI).ContextSpecific()) || !access.Empty() || !plainURL(string(location)) {
			return locations, false
		}
		locations[method.String()] = append(locations[method.String()], string(location))
	}
	return locations, true
}

func checkCRLDistribution(r *report) {
	value, present := r.extension(extCRLDistribution)
	_, _, prefix := r.expected()
	if prefix == "" {
		r.object(present, "a CRL distribution point where none is kept")
		return
	}
	at, ok := distributionPoint(value)
	r.object(!ok, "not one CRL distribution point with one URL")
	shard, under := strings.CutPrefix(at, prefix)
	r.object(ok && (!under || shard != "" && !shardFile(shard)), "the CRL distribution point is %q, want one under %q", at, prefix)
}

// shardFile says whether name is a number and ".crl".
func shardFile(name string) bool {
	number, ok := strings.CutSuffix(name, ".crl")
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// distributionPoint reads CRLDistributionPoints (RFC 5280 §4.2.1.13) of one point with one full name, a URL, and neither reasons
// nor another issuer.
func distributionPoint(in cryptobyte.String) (string, bool) {
	zero := asn1.Tag(0).ContextSpecific().Constructed()
	var points, point, name, full, at cryptobyte.String
	ok := in.ReadASN1(&points, asn1.SEQUENCE) && in.Empty() && points.ReadASN1(&point, asn1.SEQUENCE) && points.Empty() &&
		point.ReadASN1(&name, zero) && point.Empty() && name.ReadASN1(&full, zero) && name.Empty() &&
		full.ReadASN1(&at, asn1.Tag(nameURI).ContextSpecific()) && full.Empty()
	return string(at), ok && plainURL(string(at))
}

// plainURL takes absolute http and https URLs without user, query, fragment and escapes: what is compared octet by octet must be
// written in one way.
func plainURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		!strings.ContainsAny(s, "?#%") && u.String() == s
}

func checkPolicies(r *report) {
	value, present := r.extension(extPolicies)
	if r.rules.pointers == pointersNone && len(r.opts.Policies) == 0 {
		return
	}
	if len(r.opts.Policies) == 0 {
		r.object(present, "policies where none are expected")
		return
	}
	got, ok := policies(value)
	r.object(!ok, "certificate policies are absent or malformed")
	want := make([]string, 0, len(r.opts.Policies))
	for _, p := range r.opts.Policies {
		want = append(want, p.String())
	}
	r.object(ok && !slices.Equal(got, want), "certificate policies %v, want %v", got, want)
}

// policies reads certificatePolicies (RFC 5280 §4.2.1.4); qualifiers are skipped.
func policies(in cryptobyte.String) (ids []string, ok bool) {
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() || list.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var info cryptobyte.String
		var id stdasn1.ObjectIdentifier
		if !list.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&id) {
			return nil, false
		}
		ids = append(ids, id.String())
	}
	return ids, true
}
