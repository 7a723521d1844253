package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"simtrust/ca"
)

type caShowCmd struct {
	remoteFlags
	ID  string `arg:"" name:"id|file" help:"Certificate, by its id, such as bank-p256-2026.01af…, or in a PEM file."`
	PEM bool   `help:"Print the certificate with its issuer, and nothing else."`
}

func (c *caShowCmd) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	id, err := certificateID(c.ID)
	if err != nil {
		return err
	}
	cert, err := ca.NewClient(client).Certificate(ctx, id)
	if err != nil {
		return err
	}
	if c.PEM {
		return writeCertificate("-", cert)
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"id", cert.ID}, {"profile", cert.Profile}, {"issuer", cert.Issuer}, {"subject", cert.Subject.CommonName},
		{"names", strings.Join(cert.SANs.DNS, " ")}, {"from", cert.NotBefore.Format(time.RFC3339)}, {"until", cert.NotAfter.Format(time.RFC3339)},
		{"state", standing(cert)}, {"tenure", string(cert.Tenure)}, {"relying party", cert.RelyingParty}, {"requested by", cert.Requester},
		{"CRL shard", fmt.Sprint(cert.Shard)}, {"key SHA-256", fmt.Sprintf("%x", cert.KeyHash)},
	} {
		if row[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
		}
	}
	return t.Flush()
}

// standing is a certificate's state and revocation in words.
func standing(c ca.Certificate) string {
	if c.Revoked.IsZero() {
		return c.State
	}
	word := "revoked"
	if c.Reason == ca.CertificateHold {
		word = "on hold"
	}
	return fmt.Sprintf("%s since %s (%s)", word, c.Revoked.Format(time.RFC3339), ca.RevocationWord(c.Reason))
}
