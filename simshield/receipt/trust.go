package receipt

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/cms"
	"simtrust/ca/tsp"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// policies are the last arcs of the policies under which the keys of a kind are certified: bank, eID, enterprise.
var policies = map[applet.Kind][]int{
	applet.KindLogin:       {10, 12, 14},
	applet.KindDocument:    {11, 2, 16},
	applet.KindTransaction: {1, 13, 15},
}

// stampPolicy is that of time-stamping units.
const stampPolicy = 7

const (
	maxCertificates = 8
	maxAccuracy     = time.Second
)

// checkStamp verifies the time stamp over the signature.
func (v *verification) checkStamp() (string, error) {
	verifier, err := cms.NewVerifier(cms.TimeStamping, v.roots)
	if err != nil {
		return "", err
	}
	info, err := tsp.Verify(verifier, v.TimeStamp)
	if err != nil {
		return "", err
	}
	sum := v.algorithm.Sum(v.Signature)
	switch {
	case !info.Hash.Equal(imprint(v.algorithm)) || !bytes.Equal(info.Digest, sum[:]):
		return "", errors.New("the time stamp is over another signature")
	case v.under(stampPolicy, info.Policy) == nil:
		return "", errors.New("the time stamp is under another policy")
	case info.Accuracy <= 0 || info.Accuracy > maxAccuracy:
		return "", errors.New("the time stamp does not say its time to the second")
	}
	v.stamped = info
	return fmt.Sprintf("The signature existed at %s, give or take %s, as a time-stamping authority under these roots says.",
		info.Time.Format(time.RFC3339Nano), info.Accuracy), nil
}

// checkCertificate builds the signer's chain as it was when the signature was stamped.
func (v *verification) checkCertificate() (string, error) {
	if v.stamped.Time.IsZero() {
		return "", undecided("There is no trusted time at which to judge the certificate.")
	}
	list, err := parseAll(v.Certificates)
	if err != nil {
		return "", err
	}
	leaf, between := list[0], smx509.NewCertPool()
	for _, c := range list[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(smx509.VerifyOptions{Roots: v.trusted, Intermediates: between, CurrentTime: v.stamped.Time,
		KeyUsages: []smx509.ExtKeyUsage{smx509.ExtKeyUsageAny}})
	if err != nil || len(chains[0]) < 2 {
		return "", errors.New("the certificate had no chain to the given roots at the time of the stamp")
	}
	policy := v.policy(leaf)
	switch {
	case leaf.KeyUsage&(smx509.KeyUsageDigitalSignature|smx509.KeyUsageContentCommitment) == 0:
		return "", errors.New("the certificate's key is not for signatures")
	case policy == "":
		return "", fmt.Errorf("the certificate is not for a signature of kind %s: its policy is another", v.Kind)
	case v.Certificate != v.Issuer+"."+hex.EncodeToString(leaf.SerialNumber.Bytes()):
		return "", errors.New("the certificate has another id")
	}
	v.chain = chains[0]
	return fmt.Sprintf("%s is the certificate of %s for signatures of kind %s (policy %s), with a chain to %s.", v.Certificate, leaf.Subject, v.Kind, policy,
		v.chain[len(v.chain)-1].Subject), nil
}

func parseAll(ders [][]byte) ([]*smx509.Certificate, error) {
	if len(ders) == 0 || len(ders) > maxCertificates {
		return nil, errors.New("no certificates, or more than a chain has")
	}
	list := make([]*smx509.Certificate, len(ders))
	for i, der := range ders {
		var err error
		if list[i], err = smx509.ParseCertificate(der); err != nil {
			return nil, errors.New("a certificate that cannot be read")
		}
	}
	return list, nil
}

// policy is the certificate's, where it is one for signatures of the bundle's kind; otherwise "".
func (v *verification) policy(c *smx509.Certificate) string {
	for _, last := range policies[v.kind] {
		if oid := v.under(last, c.PolicyIdentifiers...); oid != nil {
			return oid.String()
		}
	}
	return ""
}

// under returns the one of some policies that has a last arc under one of those trusted, or nil.
func (v *verification) under(last int, policies ...asn1.ObjectIdentifier) asn1.ObjectIdentifier {
	for _, arc := range v.arcs {
		if oid := append(slices.Clone(arc), last); slices.ContainsFunc(policies, oid.Equal) {
			return oid
		}
	}
	return nil
}

// checkStatus verifies that the certificate was good when the signature was stamped, as its issuer's delegate says.
func (v *verification) checkStatus() (string, error) {
	if v.chain == nil {
		return "", undecided("There is no certificate that could be relied on.")
	}
	s, err := readStatus(v.OCSP)
	if err != nil {
		return "", err
	}
	if err := s.signedFor(v.chain[1]); err != nil {
		return "", err
	}
	switch {
	case !bytes.Equal(s.certID, certID(v.chain[1], v.chain[0].SerialNumber)):
		return "", errors.New("the OCSP response is about another certificate")
	case s.state == revoked:
		return "", errors.New("the certificate was revoked")
	case s.state != good:
		return "", errors.New("the issuer does not know the certificate")
	case !s.follows(v.stamped.Time):
		return "", errors.New("the OCSP response is not of the minute after the time stamp")
	}
	v.status = &s
	return fmt.Sprintf("The certificate was good at %s, as its issuer's responder says.", s.this.Format(time.RFC3339)), nil
}

// responders are the signature algorithms of OCSP responses, by their AlgorithmIdentifier.
var responders = map[string]smx509.SignatureAlgorithm{
	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02":             smx509.ECDSAWithSHA256, // 1.2.840.10045.4.3.2
	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03":             smx509.ECDSAWithSHA384, // 1.2.840.10045.4.3.3
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00": smx509.SHA256WithRSA,   // 1.2.840.113549.1.1.11
	"\x30\x0a\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75":             smx509.SM2WithSM3,      // 1.2.156.10197.1.501
}

// signedFor verifies the response's signature by a delegate of the issuer (RFC 6960, section 4.2.2.2).
func (s status) signedFor(issuer *smx509.Certificate) error {
	delegate, err := smx509.ParseCertificate(s.delegate)
	if err != nil {
		return errors.New("the responder's certificate cannot be read")
	}
	algorithm, known := responders[string(s.algorithm)]
	switch {
	case !bytes.Equal(delegate.RawIssuer, issuer.RawSubject) || delegate.CheckSignatureFrom(issuer) != nil:
		return errors.New("the OCSP response is not by a delegate of the certificate's issuer")
	case !slices.Equal(delegate.ExtKeyUsage, []smx509.ExtKeyUsage{smx509.ExtKeyUsageOCSPSigning}) || delegate.IsCA:
		return errors.New("the responder's certificate is not for OCSP responses")
	case s.produced.Before(delegate.NotBefore) || s.produced.After(delegate.NotAfter):
		return errors.New("the responder's certificate had ended, or did not hold yet")
	case !known || delegate.CheckSignature(algorithm, s.signed, s.signature) != nil:
		return errors.New("the responder did not sign the OCSP response")
	}
	return nil
}

// checkSeal verifies that the OCSP response was asked for with the digest of all that came before it.
func (v *verification) checkSeal() (string, error) {
	if v.status == nil {
		return "", undecided("There is no OCSP response that could be relied on.")
	}
	digest, err := v.sealed()
	if err != nil {
		return "", err
	}
	if !bytes.Equal(v.status.extension, nonceExtension(digest)) {
		return "", errors.New("the receipt was changed after it was made: its digest is not the nonce of the OCSP response")
	}
	return fmt.Sprintf("Nothing was changed since %s: the responder's signature covers every octet before its own.", v.status.produced.Format(time.RFC3339)), nil
}

// checkTimes holds the instants against each other.
func (v *verification) checkTimes() (string, error) {
	if v.status == nil {
		return "", undecided("There is no trusted time to hold the others against.")
	}
	limit := v.stamped.Time.Add(v.stamped.Accuracy)
	switch {
	case v.Received.Before(v.Created) || v.Received.After(limit):
		return "", errors.New("the signature came before it was asked for, or after it was stamped")
	case v.prompt != nil && v.Received.After(v.prompt.Statement.NotAfter):
		return "", errors.New("the signature came after the statement had lapsed")
	case v.prompt != nil && v.stamped.Time.After(v.prompt.Statement.NotAfter.Add(sealTime)):
		return "", errors.New("the signature was stamped long after the statement had lapsed: nobody trusted says that it came before")
	case v.asked != nil && !covers(v.asked, v.Created):
		return "", errors.New("the request was not valid when it was made")
	}
	return fmt.Sprintf("Asked at %s, answered at %s, then stamped, and the status asked after that.", v.Created.Format(time.RFC3339),
		v.Received.Format(time.RFC3339)), nil
}

const leeway = 30 * time.Second

// covers tells whether a request was valid at an instant.
func covers(r *request.Request, at time.Time) bool {
	return !at.Before(time.Unix(r.Issued, 0).Add(-leeway)) && at.Before(time.Unix(r.Expires, 0))
}
