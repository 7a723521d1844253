package cms

import (
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// Trust is the judgement on a signer's certificate alone, for chains whose private keys nobody has.
func (v *Verifier) Trust(certificate []byte, along [][]byte, at time.Time) error {
	c, err := smx509.ParseCertificate(certificate)
	if err != nil {
		return err
	}
	var others []*smx509.Certificate
	for _, der := range along {
		other, err := smx509.ParseCertificate(der)
		if err != nil {
			return err
		}
		others = append(others, other)
	}
	return v.trust(c, others, at)
}
