package ceremony

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/internal/keys"
)

// issuingUsages are the extended key usages that may constrain an issuing CA. OCSPSigning is not among them: a CA that has it
// may answer for its own issuer.
var issuingUsages = map[string]asn1.ObjectIdentifier{
	"server_auth":      {1, 3, 6, 1, 5, 5, 7, 3, 1},
	"client_auth":      {1, 3, 6, 1, 5, 5, 7, 3, 2},
	"email_protection": {1, 3, 6, 1, 5, 5, 7, 3, 4},
	"document_signing": {1, 3, 6, 1, 5, 5, 7, 3, 36},
}

var (
	oidExtendedKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidOCSPNoCheck      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidOCSPSigning      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 9}
	oidTimeStamping     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}
)

const anyPolicy = "2.5.29.32.0"

// template is the certificate of an order, but for the keys: subject key identifier (RFC 7093 §2, method 1) and authority key
// identifier come with them.
func (o order) template(baseURL string, serial *big.Int, from, until time.Time, public crypto.PublicKey) (*smx509.Certificate, error) {
	skid, err := keyID(public)
	if err != nil {
		return nil, err
	}
	t := &smx509.Certificate{
		SerialNumber: serial, RawSubject: o.Subject, NotBefore: from, NotAfter: until,
		BasicConstraintsValid: true, SubjectKeyId: skid,
	}
	if o.Role != roleRoot && o.Role != roleOCSP {
		t.IssuingCertificateURL = []string{baseURL + certificatePath(o.Issuer)}
		t.CRLDistributionPoints = []string{baseURL + crlPath(o.Issuer)}
	}
	switch o.Role {
	case roleOCSP:
		t.KeyUsage = smx509.KeyUsage(x509.KeyUsageDigitalSignature)
		noCheck := pkix.Extension{Id: oidOCSPNoCheck, Value: asn1.NullBytes}
		t.ExtraExtensions, err = withUsages([]pkix.Extension{noCheck}, false, oidOCSPSigning)
	case roleTimestamp:
		t.KeyUsage = smx509.KeyUsage(x509.KeyUsageDigitalSignature)
		t.ExtraExtensions, err = withUsages(nil, true, oidTimeStamping)
	default:
		t.IsCA, t.MaxPathLen, t.MaxPathLenZero = true, o.PathLength, o.PathLength == 0
		t.KeyUsage = smx509.KeyUsage(x509.KeyUsageCertSign | x509.KeyUsageCRLSign)
		err = o.constrain(t)
	}
	return t, err
}

// constrain adds what an authority below a root carries.
func (o order) constrain(t *smx509.Certificate) error {
	if o.Role == roleRoot {
		return nil
	}
	policies := o.Policies
	if len(policies) == 0 {
		policies = []string{anyPolicy}
	}
	for _, p := range policies {
		oid, err := smx509.ParseOID(p)
		if err != nil {
			return err
		}
		t.Policies = append(t.Policies, oid)
	}
	if len(o.PermittedDNS) > 0 {
		t.PermittedDNSDomainsCritical, t.PermittedDNSDomains = true, o.PermittedDNS
	}
	if len(o.Usages) == 0 {
		return nil
	}
	var usages []asn1.ObjectIdentifier
	for _, u := range o.Usages {
		usages = append(usages, issuingUsages[u])
	}
	var err error
	t.ExtraExtensions, err = withUsages(t.ExtraExtensions, false, usages...)
	return err
}

func withUsages(extensions []pkix.Extension, critical bool, usages ...asn1.ObjectIdentifier) ([]pkix.Extension, error) {
	value, err := asn1.Marshal(usages)
	return append(extensions, pkix.Extension{Id: oidExtendedKeyUsage, Critical: critical, Value: value}), err
}

// keyID is the leftmost 160 bits of the SHA-256 over the public key's bit string.
func keyID(public crypto.PublicKey) ([]byte, error) {
	der, err := smx509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &spki); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(spki.Key.Bytes)
	return sum[:20], nil
}

// sign makes the certificate of a template. A nil parent is the template itself.
func sign(template, parent *smx509.Certificate, public crypto.PublicKey, signer crypto.Signer) (*smx509.Certificate, error) {
	if parent == nil {
		parent = template
	}
	above := &smx509.Certificate{RawSubject: parent.RawSubject, SubjectKeyId: parent.SubjectKeyId}
	if parent == template {
		above = template
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, above, public, signer)
	if err != nil {
		return nil, err
	}
	return smx509.ParseCertificate(der)
}

// draft signs with a throw-away key of the issuer's algorithm, for the bytes to be looked at before the real key sees them.
func draft(template, parent *smx509.Certificate, public crypto.PublicKey, issuer keys.KeyAlgorithm) (*smx509.Certificate, error) {
	key, err := keys.Throwaway(issuer)
	if err != nil {
		return nil, err
	}
	return sign(template, parent, public, key)
}
