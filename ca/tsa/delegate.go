package tsa

import (
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/cms"
	"simtrust/internal/keys"
)

// unit is the key with its certificate.
type unit struct {
	signer              *cms.Signer
	raw                 []byte // the certificate, DER
	key                 []byte // SubjectPublicKeyInfo, DER
	notBefore, notAfter time.Time
}

// newUnit fails where clients would refuse tokens of this certificate, or the key is not the certificate's.
func newUnit(d *ca.Delegate, chain [][]byte) (*unit, error) {
	if d == nil || len(chain) == 0 {
		return nil, errors.New("tsa: the hierarchy has no time-stamping delegate")
	}
	certificates, err := parseChain(append([][]byte{d.Raw}, chain[1:]...))
	if err != nil {
		return nil, err
	}
	leaf := certificates[0]
	if err := checkPurpose(leaf); err != nil {
		return nil, err
	}
	if err := keys.CheckPair(d.Signer, leaf.PublicKey); err != nil {
		return nil, err
	}
	u := &unit{raw: leaf.Raw, key: leaf.RawSubjectPublicKeyInfo, notBefore: leaf.NotBefore, notAfter: leaf.NotAfter}
	var along [][]byte
	for i, c := range certificates[1:] {
		if err := certificates[i].CheckSignatureFrom(c); err != nil {
			return nil, fmt.Errorf("tsa: the chain breaks at its certificate %d: %w", i+1, err)
		}
		if c.NotAfter.Before(u.notAfter) {
			u.notAfter = c.NotAfter
		}
		if i+2 < len(certificates) { // clients have the root
			along = append(along, c.Raw)
		}
	}
	u.signer, err = cms.NewSigner(d.Signer, leaf.Raw, along...)
	return u, err
}

func parseChain(chain [][]byte) (list []*smx509.Certificate, err error) {
	for _, der := range chain {
		c, err := smx509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("tsa: the time-stamping chain: %w", err)
		}
		list = append(list, c)
	}
	return list, nil
}

// checkPurpose holds the certificate against RFC 3161, section 2.3.
func checkPurpose(c *smx509.Certificate) error {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != smx509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) > 0 {
		return errors.New("tsa: the certificate's extended key usage is not timeStamping alone")
	}
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) && !e.Critical {
			return errors.New("tsa: the certificate's extended key usage is not critical")
		}
	}
	signing := smx509.KeyUsageDigitalSignature | smx509.KeyUsageContentCommitment
	if c.KeyUsage != 0 && c.KeyUsage&^signing != 0 || c.IsCA {
		return errors.New("tsa: the certificate's key is for more than signatures")
	}
	return nil
}

// name is the key's in the store.
func (u *unit) name() string {
	sum := sha256.Sum256(u.key)
	return hex.EncodeToString(sum[:])
}

// valid tells whether a token of that time has a valid certificate under it.
func (u *unit) valid(at time.Time) bool { return !at.Before(u.notBefore) && !at.After(u.notAfter) }
