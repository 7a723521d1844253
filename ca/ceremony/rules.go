package ceremony

import (
	"regexp"
	"slices"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// The longest lives. A root that outlives its algorithm, or a delegate that cannot be revoked (ocsp-nocheck) and lives long, is
// a mistake.
var (
	longestRoot    = Validity{Years: 30}
	longestIssuing = Validity{Years: 15}
	longestOCSP    = Validity{Days: 90}
)

// strength is the security level in bits (NIST SP 800-57 part 1). What is not in it is too weak, or unknown.
var strength = map[keys.KeyAlgorithm]int{keys.P256: 128, keys.RSA3072: 128, keys.SM2: 128, keys.P384: 192}

var lines = []ca.Line{ca.LineBank, ca.LineEID, ca.LineEnterprise, ca.LineService}

func checkAlgorithm(id string, alg keys.KeyAlgorithm) error {
	if strength[alg] == 0 {
		return refused(id + ": algorithm " + quoted(string(alg)) + " is weak or unknown: P-256, P-384, RSA-3072 or SM2")
	}
	return nil
}

// checkBelow holds one certificate against the root above it.
func checkBelow(id string, root Root, alg keys.KeyAlgorithm, v Validity) error {
	if err := checkAlgorithm(id, alg); err != nil {
		return err
	}
	if (alg == keys.SM2) != (root.Algorithm == keys.SM2) {
		return refused(id + ": an SM2 chain has SM2 keys throughout, and no other chain has one; " + root.ID + " is " + string(root.Algorithm))
	}
	if strength[alg] > strength[root.Algorithm] {
		return refused(id + ": its root " + root.ID + " is weaker than it is")
	}
	if v == (Validity{}) {
		return refused(id + ": validity is missing")
	}
	if v.beyond(root.Validity) {
		return refused(id + ": its validity goes beyond that of " + root.ID)
	}
	return nil
}

func checkRoot(r Root) error {
	if err := checkAlgorithm(r.ID, r.Algorithm); err != nil {
		return err
	}
	if r.Validity == (Validity{}) || r.Validity.beyond(longestRoot) {
		return refused(r.ID + ": a root is valid for at most 30y")
	}
	if r.PathLength != nil && *r.PathLength < 1 {
		return refused(r.ID + ": path_length of a root must be 1 or more, or it could have no issuing CA")
	}
	return nil
}

func (x index) checkIssuing(i Issuing) error {
	root, ok := x.roots[i.Root]
	if !ok {
		return refused(i.ID + ": there is no root " + quoted(i.Root))
	}
	if err := checkBelow(i.ID, root, i.Algorithm, i.Validity); err != nil {
		return err
	}
	if !slices.Contains(lines, i.Line) {
		return refused(i.ID + ": line must be bank, eid, enterprise or service")
	}
	if i.PathLength != nil && *i.PathLength != 0 {
		return refused(i.ID + ": path_length of an issuing CA is 0: it issues to subscribers only")
	}
	if i.Validity.beyond(longestIssuing) {
		return refused(i.ID + ": an issuing CA is valid for at most 15y")
	}
	if i.OCSPValidity.beyond(longestOCSP) {
		return refused(i.ID + ": ocsp_validity is at most 90d, because an OCSP delegate cannot be revoked")
	}
	for _, usage := range i.ExtendedKeyUsage {
		if _, ok := issuingUsages[usage]; !ok {
			return refused(i.ID + ": extended_key_usage " + quoted(usage) + " is not for a CA: client_auth, server_auth, email_protection or document_signing")
		}
	}
	for _, policy := range i.Policies {
		if _, err := smx509.ParseOID(policy); err != nil {
			return refused(i.ID + ": policy " + quoted(policy) + " is not an object identifier")
		}
	}
	for _, domain := range i.PermittedDNS {
		if !isDomain(domain) {
			return refused(i.ID + ": permitted_dns " + quoted(domain) + " is not a domain")
		}
	}
	return x.checkReplaced(i)
}

func (x index) checkReplaced(i Issuing) error {
	if i.Replaces == "" {
		return nil
	}
	old, ok := x.issuing[i.Replaces]
	if !ok || old.ID == i.ID || old.Line != i.Line || old.Algorithm != i.Algorithm {
		return refused(i.ID + ": replaces must name another issuing CA of the same line and algorithm")
	}
	return nil
}

var domain = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func isDomain(s string) bool { return len(s) <= 253 && domain.MatchString(s) }

func (x index) checkCross(c Cross) error {
	issuer, ok := x.roots[c.Issuer]
	if !ok || c.Issuer == c.Subject {
		return refused(c.ID + ": issuer must be a root other than the subject")
	}
	var alg keys.KeyAlgorithm
	depth := 0
	var own Validity
	if root, ok := x.roots[c.Subject]; ok {
		alg, own, depth = root.Algorithm, root.Validity, 1
		if root.PathLength != nil {
			depth = *root.PathLength
		}
	} else if issuing, ok := x.issuing[c.Subject]; ok && issuing.Root != c.Issuer {
		alg, own = issuing.Algorithm, issuing.Validity
	} else {
		return refused(c.ID + ": subject must be a root, or an issuing CA of another root")
	}
	if err := checkBelow(c.ID, issuer, alg, c.Validity); err != nil {
		return err
	}
	if c.Validity.beyond(own) {
		return refused(c.ID + ": its validity goes beyond that of " + c.Subject)
	}
	if issuer.PathLength != nil && *issuer.PathLength <= depth {
		return refused(c.ID + ": path_length of " + c.Issuer + " leaves no room for " + c.Subject)
	}
	return nil
}

func (x index) checkTimestamp(t Timestamp) error {
	root, ok := x.roots[t.Root]
	if !ok {
		return refused(t.ID + ": there is no root " + quoted(t.Root))
	}
	if err := checkBelow(t.ID, root, t.Algorithm, t.Validity); err != nil {
		return err
	}
	if old, ok := x.timestamp[t.Replaces]; t.Replaces != "" && (!ok || old.ID == t.ID) {
		return refused(t.ID + ": replaces must name another time-stamping delegate")
	}
	return nil
}

// revocationReasons are those an authority's certificate may be revoked for: no hold, nothing is ever taken back.
var revocationReasons = []int{0, 1, 3, 4, 5}

func (x index) checkRevoked(r Revoked) error {
	if what := x.all[r.ID]; what == "" || what == "root" {
		return refused("revoked: " + quoted(r.ID) + " is not an issuing CA, cross-certificate or time-stamping delegate; a root is withdrawn by removing it from trust stores")
	}
	if !slices.Contains(revocationReasons, r.Reason) || r.At.IsZero() {
		return refused("revoked: " + r.ID + " needs at, and a reason of 0, 1, 3, 4 or 5")
	}
	return nil
}
