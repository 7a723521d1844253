package main

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
)

// certificateID is the id of a certificate that is named by it, or by a file that holds the certificate.
func certificateID(named string) (string, error) {
	if _, _, ok := ca.SplitID(named); ok {
		return named, nil
	}
	if _, err := os.Stat(named); err != nil {
		return named, nil // the server says what it is not
	}
	cert, err := readCertificate(named)
	if err != nil {
		return "", err
	}
	_, id, err := issuedAt(cert)
	return id, err
}

// readCertificate reads the first certificate of a file.
func readCertificate(file string) (*smx509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			cert, err := smx509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("%s: %w; ask whoever gave it to you for the certificate as it was issued", file, err)
			}
			return cert, nil
		}
	}
	return nil, fmt.Errorf("%s holds no certificate in PEM; openssl x509 -inform der -in FILE makes PEM of DER", file)
}

// issuedAt takes server and id from where a certificate says that its issuer is ([ca.URLs]).
func issuedAt(cert *smx509.Certificate) (server, id string, err error) {
	for _, at := range cert.IssuingCertificateURL {
		u, err := url.Parse(at)
		if err != nil {
			continue
		}
		issuer, ok := strings.CutSuffix(path.Base(u.Path), ".cer")
		server, found := strings.CutSuffix(at, "/ca/issuers/"+issuer+".cer")
		if ok && found {
			return server, ca.CertificateID(issuer, cert.SerialNumber.Bytes()), nil
		}
	}
	return "", "", errors.New("the certificate does not say where its issuer is, as those of this authority do")
}
