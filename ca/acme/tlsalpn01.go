package acme

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"net"
	"strconv"
	"strings"
)

// alpnProtocol and oidACMEIdentifier are those of RFC 8737, section 6.
const alpnProtocol = "acme-tls/1"

var oidACMEIdentifier = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}

var oidAlternativeName = asn1.ObjectIdentifier{2, 5, 29, 17}

// lookTLS is tls-alpn-01 (RFC 8737, section 3).
func (s *Service) lookTLS(ctx context.Context, p proof) error {
	raw, err := s.network.DialContext(ctx, "tcp", net.JoinHostPort(p.name, strconv.Itoa(s.config.TLSALPN01Port)))
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }()
	// The certificate proves itself by what it says, not by who signed it.
	conn := tls.Client(raw, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: p.name, NextProtos: []string{alpnProtocol}, InsecureSkipVerify: true})
	if err := conn.HandshakeContext(ctx); err != nil {
		return newProblem(400, "tls", "the TLS handshake failed")
	}
	state := conn.ConnectionState()
	if state.NegotiatedProtocol != alpnProtocol {
		return unauthorized("the server does not speak " + alpnProtocol)
	}
	return checkProofCertificate(state.PeerCertificates[0], p)
}

// checkProofCertificate holds a certificate against RFC 8737: one DNS name and no other, and the digest in a critical extension.
func checkProofCertificate(c *x509.Certificate, p proof) error {
	if len(c.DNSNames) != 1 || !strings.EqualFold(c.DNSNames[0], p.name) || len(c.IPAddresses)+len(c.EmailAddresses)+len(c.URIs) > 0 {
		return unauthorized("the certificate has other names than the one to prove")
	}
	want, err := asn1.Marshal(p.digest())
	if err != nil {
		return err
	}
	names, proofs := 0, 0
	for _, e := range c.Extensions {
		switch {
		case e.Id.Equal(oidAlternativeName):
			names++
		case e.Id.Equal(oidACMEIdentifier):
			proofs++
			if !e.Critical || !bytes.Equal(e.Value, want) {
				return errIncorrect
			}
		}
	}
	if names != 1 || proofs != 1 {
		return unauthorized("the certificate has not exactly one name and one proof")
	}
	return nil
}
