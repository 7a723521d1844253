package ceremony

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/emmansun/gmsm/smx509"
)

// inspect holds the bytes about to be signed against the rules that no file can lift.
func inspect(c, parent *smx509.Certificate, role role) error {
	bad := func(what string) error {
		return fmt.Errorf("%s: %s", c.Subject.CommonName, what)
	}
	isCA := role == roleRoot || role == roleIssuing || role == roleCross
	switch {
	case c.IsCA != isCA || !c.BasicConstraintsValid:
		return bad("basicConstraints do not fit a certificate for " + string(role))
	case isCA && c.KeyUsage != smx509.KeyUsage(x509.KeyUsageCertSign|x509.KeyUsageCRLSign),
		!isCA && c.KeyUsage != smx509.KeyUsage(x509.KeyUsageDigitalSignature):
		return bad("keyUsage does not fit a certificate for " + string(role))
	case isCA && (hasUsage(c, smx509.ExtKeyUsageOCSPSigning) || hasUsage(c, smx509.ExtKeyUsageTimeStamping) || hasUsage(c, smx509.ExtKeyUsageAny)):
		return bad("a CA may not answer OCSP or stamp time")
	case role == roleOCSP && (len(c.ExtKeyUsage) != 1 || !hasUsage(c, smx509.ExtKeyUsageOCSPSigning) || len(c.UnknownExtKeyUsage) > 0):
		return bad("an OCSP delegate has the one extended key usage OCSPSigning")
	case role == roleTimestamp && (len(c.ExtKeyUsage) != 1 || !hasUsage(c, smx509.ExtKeyUsageTimeStamping) || len(c.UnknownExtKeyUsage) > 0):
		return bad("a time-stamping delegate has the one extended key usage timeStamping")
	case role == roleIssuing && !c.MaxPathLenZero:
		return bad("an issuing CA has path length 0")
	}
	return inspectBelow(c, parent, bad)
}

func inspectBelow(c, parent *smx509.Certificate, bad func(string) error) error {
	switch {
	case parent == nil:
		return nil
	case !bytes.Equal(c.RawIssuer, parent.RawSubject) || !bytes.Equal(c.AuthorityKeyId, parent.SubjectKeyId):
		return bad("it does not name its issuer")
	case c.NotAfter.After(parent.NotAfter) || c.NotBefore.Before(parent.NotBefore):
		return bad("its validity goes beyond that of its issuer")
	case c.IsCA && parent.MaxPathLenZero, c.IsCA && parent.MaxPathLen > 0 && (c.MaxPathLen < 0 || c.MaxPathLen >= parent.MaxPathLen):
		return bad("its path length goes beyond that of its issuer")
	default:
		return nil
	}
}

func hasUsage(c *smx509.Certificate, usage smx509.ExtKeyUsage) bool {
	return slices.Contains(c.ExtKeyUsage, usage)
}
