package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"simtrust"
	"simtrust/ca"
)

type caRenewCmd struct {
	CSR     string `arg:"" type:"existingfile" help:"Certification request for the new certificate, PEM; its key may be new."`
	Server  string `required:"" env:"SIMTRUST_SERVER" placeholder:"URL" help:"Server, an https URL: the certificate authenticates the connection."`
	Cert    string `required:"" type:"existingfile" placeholder:"FILE" help:"The certificate to be renewed, PEM, followed by its issuers."`
	Key     string `required:"" type:"existingfile" placeholder:"FILE" help:"Its private key, PEM."`
	TrustCA string `name:"trust" type:"existingfile" placeholder:"FILE" help:"Roots by which the server is known, PEM. Default: those of this machine."`
	Out     string `short:"o" default:"-" help:"Where the new certificate goes, followed by its issuer: PEM; - is standard output."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caRenewCmd) Help() string {
	return "Who holds a certificate gets another like it, for as long, without an officer or a token:\n\n" +
		"    openssl req -new -key key.pem -subj / -out csr.pem\n" +
		"    simtrust ca renew csr.pem --server https://id.operator.example --cert cert.pem --key key.pem --out new.pem\n\n" +
		"The old certificate must be valid, and stays so. The server must take certificates of this authority on TLS connections (tls.client_ca " +
		"with its roots). SM2 certificates are issued anew instead: TLS here knows no SM2."
}

func (c *caRenewCmd) Run(ctx context.Context) error {
	der, err := readRequest(c.CSR)
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	cert, err := ca.RenewOver(ctx, client, c.Server, der)
	if simtrust.KindOf(err) == simtrust.KindUnauthenticated {
		text, _ := plain(err)
		return fmt.Errorf("%s; --server takes an https URL, --cert the certificate and after it its issuer, whose root must be in the "+
			"server's tls.client_ca", text)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "issued", cert.ID, "valid until", day(cert.NotAfter.UTC()))
	return writeCertificate(c.Out, cert)
}

// client presents the certificate to a server that it knows by its roots.
func (c *caRenewCmd) client() (*http.Client, error) {
	own, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("--cert and --key: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{own}}
	if c.TrustCA != "" {
		text, err := os.ReadFile(c.TrustCA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("--trust holds no certificate in PEM")
		}
	}
	return &http.Client{Timeout: remoteTimeout, CheckRedirect: stay, Transport: &http.Transport{TLSClientConfig: config}}, nil
}
