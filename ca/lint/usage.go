package lint

import (
	"slices"

	stdasn1 "encoding/asn1"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// critical says of every extension this authority writes whether it is critical; others it does not write.
var critical = map[string]func(*report) bool{
	extSubjectKeyID:      never,
	extKeyUsage:          always,
	extSubjectAltName:    func(r *report) bool { return len(r.subject) == 0 },
	extBasicConstraints:  always,
	extNameConstraints:   always,
	extPolicyConstraints: always,
	extCRLDistribution:   never,
	extPolicies:          never,
	extAuthorityKeyID:    never,
	extExtKeyUsage:       func(r *report) bool { return r.rules.extUsageCritical },
	extAuthorityInfo:     never,
	extQCStatements:      never,
	extOCSPNoCheck:       never,
}

func always(*report) bool { return true }
func never(*report) bool  { return false }

// onlyAuthorities are extensions of CA certificates.
var onlyAuthorities = []string{extNameConstraints, extPolicyConstraints}

func checkExtensions(r *report) {
	r.object(r.Version != 3, "version %d", r.Version)
	for id, e := range r.extensions {
		want, known := critical[id]
		if !known {
			r.object(true, "unknown extension %s", id)
			continue
		}
		r.object(e.Critical != want(r), "extension %s has critical set wrongly", id)
		r.object(!r.rules.ca && slices.Contains(onlyAuthorities, id), "extension %s is for authorities", id)
	}
}

func checkBasicConstraints(r *report) {
	value, present := r.extension(extBasicConstraints)
	if !r.rules.ca {
		r.object(present && string(value) != "\x30\x00", "basic constraints of a subscriber are not empty")
		return
	}
	r.object(!r.BasicConstraintsValid || !r.IsCA, "an authority without CA:TRUE")
	if r.issuer == nil {
		return
	}
	limit, limited := pathLength(r.issuer)
	own, ownLimited := pathLength(r.Certificate)
	r.object(limited && (limit == 0 || ownLimited && own >= limit), "the path is longer than its issuer allows")
}

func pathLength(c *smx509.Certificate) (int, bool) {
	return c.MaxPathLen, c.MaxPathLen > 0 || c.MaxPathLen == 0 && c.MaxPathLenZero
}

func checkKeyUsage(r *report) {
	_, present := r.extension(extKeyUsage)
	r.object(!present, "no key usage")
	may := r.rules.usage
	if r.kind == kindRSA {
		may |= r.rules.mayRSA
	}
	r.object(r.KeyUsage&r.rules.usage != r.rules.usage || r.KeyUsage&^may != 0, "key usage %09b, want %09b", r.KeyUsage, r.rules.usage)
}

func checkExtKeyUsage(r *report) {
	value, present := r.extension(extExtKeyUsage)
	usages, ok := identifiers(value)
	r.object(present && (!ok || len(usages) == 0), "the extended key usage is malformed")
	r.object(slices.Contains(usages, ekuAny), "any extended key usage")
	if r.rules.ca {
		for _, u := range usages { // OCSPSigning above all: such a CA could speak for its issuer (July 2020)
			r.object(!slices.Contains(r.rules.extUsage, u), "extended key usage %s in an authority", u)
		}
		return
	}
	r.object(!slices.Equal(usages, r.rules.extUsage), "extended key usage %v, want %v", usages, r.rules.extUsage)
}

// identifiers reads a SEQUENCE OF OBJECT IDENTIFIER.
func identifiers(in cryptobyte.String) (ids []string, ok bool) {
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, false
	}
	for !list.Empty() {
		var id stdasn1.ObjectIdentifier
		if !list.ReadASN1ObjectIdentifier(&id) {
			return nil, false
		}
		ids = append(ids, id.String())
	}
	return ids, true
}

func checkNoCheck(r *report) {
	value, present := r.extension(extOCSPNoCheck)
	r.object(present != r.rules.noCheck, "id-pkix-ocsp-nocheck belongs to OCSP delegates and nobody else")
	r.object(present && string(value) != "\x05\x00", "id-pkix-ocsp-nocheck is not NULL")
}
