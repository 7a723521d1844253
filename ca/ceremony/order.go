package ceremony

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// role is what a certificate is for.
type role string

const (
	roleRoot      role = "root"
	roleIssuing   role = "issuing"
	roleCross     role = "cross"
	roleOCSP      role = "ocsp"
	roleTimestamp role = "timestamp"
)

// order is one certificate to be made. Orders stand in the sequence in which they can be carried out.
type order struct {
	ID     string
	Role   role
	Line   ca.Line // of an issuing CA
	Active bool    // new certificates, or stamps, come from here
	// Key names the key of the subject, Issuer the certificate it is issued under; that of a root is its own.
	Key, Issuer  string
	Algorithm    keys.KeyAlgorithm
	Subject      []byte // DER
	Validity     Validity
	PathLength   int // -1: no limit
	Policies     []string
	Usages       []string
	PermittedDNS []string
	// Declared is the digest of the entry as the file states it.
	Declared string
}

const ocspSuffix = "-ocsp"

var defaultOCSPValidity = Validity{Days: 30}

// orders turns the entries of a checked file into certificates to be made.
func (s Spec) orders() ([]order, error) {
	var all []order
	replaced := s.replaced()
	for _, r := range s.Roots {
		subject, err := r.Subject.within(s).der()
		if err != nil {
			return nil, err
		}
		all = append(all, order{ID: r.ID, Role: roleRoot, Key: r.ID, Issuer: r.ID, Algorithm: r.Algorithm, Subject: subject,
			Validity: r.Validity, PathLength: pathLength(r.PathLength), Declared: declared(r)})
	}
	for _, i := range s.Issuing {
		name := i.Subject.within(s)
		subject, err := name.der()
		if err != nil {
			return nil, err
		}
		name.CommonName += " OCSP"
		delegate, err := name.der()
		if err != nil {
			return nil, err
		}
		all = append(all, order{ID: i.ID, Role: roleIssuing, Line: i.Line, Active: !replaced[i.ID], Key: i.ID, Issuer: i.Root, Algorithm: i.Algorithm,
			Subject: subject, Validity: i.Validity, Policies: i.Policies, Usages: i.ExtendedKeyUsage, PermittedDNS: i.PermittedDNS, Declared: declared(i)})
		all = append(all, order{ID: i.ID + ocspSuffix, Role: roleOCSP, Key: i.ID + ocspSuffix, Issuer: i.ID, Algorithm: i.Algorithm, Subject: delegate,
			Validity: i.OCSPValidity.orElse(defaultOCSPValidity), Declared: declared(i)})
	}
	for _, c := range s.Cross {
		all = append(all, s.crossOrder(c, all))
	}
	for _, t := range s.Timestamp {
		subject, err := t.Subject.within(s).der()
		if err != nil {
			return nil, err
		}
		all = append(all, order{ID: t.ID, Role: roleTimestamp, Active: !replaced[t.ID], Key: t.ID, Issuer: t.Root, Algorithm: t.Algorithm,
			Subject: subject, Validity: t.Validity, Declared: declared(t)})
	}
	return all, nil
}

// crossOrder takes name, key and depth from the authority that is crossed.
func (s Spec) crossOrder(c Cross, all []order) order {
	o := order{ID: c.ID, Role: roleCross, Issuer: c.Issuer, Validity: c.Validity, Declared: declared(c)}
	for _, subject := range all {
		if subject.ID != c.Subject {
			continue
		}
		o.Key, o.Algorithm, o.Subject, o.PathLength = subject.Key, subject.Algorithm, subject.Subject, subject.PathLength
		if subject.Role == roleRoot && o.PathLength < 0 {
			o.PathLength = 1
		}
	}
	return o
}

func (s Spec) replaced() map[string]bool {
	ids := make(map[string]bool)
	for _, i := range s.Issuing {
		ids[i.Replaces] = true
	}
	for _, t := range s.Timestamp {
		ids[t.Replaces] = true
	}
	for _, r := range s.Revoked {
		ids[r.ID] = true
	}
	return ids
}

func pathLength(p *int) int {
	if p == nil {
		return -1
	}
	return *p
}

func declared(entry any) string {
	text, err := json.Marshal(entry)
	if err != nil {
		panic(err) // the entries are plain values
	}
	return digest(text)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
