package main

import (
	"cmp"
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.step.sm/crypto/pemutil"

	"simtrust/ca"
	"simtrust/messaging/sender"
)

type chatbotCertificateCmd struct {
	remoteFlags
	ID          string `arg:"" help:"Chatbot; simtrust messaging chatbot list shows all."`
	Certificate string `arg:"" help:"Id of a certificate of the profile enterprise, as simtrust ca issue prints it; simtrust ca list --profile enterprise --valid finds it."`
	Key         string `required:"" type:"existingfile" placeholder:"FILE" help:"Its private key, PEM; it stays here and signs the proof."`
	Issuer      string `placeholder:"URL" help:"Issuer of the server. Default: its address."`
}

// Help says what is proven (kong's HelpProvider).
func (*chatbotCertificateCmd) Help() string {
	return "The key signs a proof for this chatbot and this server, good for five minutes and once. The subject of the certificate has to be the " +
		"organisation of the chatbot's brand. Its client can do the same with scope messaging:send: PUT /messaging/v1/chatbots/{id}/certificate with " +
		"the certificate and a compact JWS of type " + sender.ProofType + " over chatbot, certificate_sha256, aud and iat.\n\n" +
		"    simtrust messaging chatbot certificate bot_… enterprise-p256-2026.01af… --key key.pem"
}

func (c *chatbotCertificateCmd) Run(ctx context.Context) error {
	server, remote, err := c.connect()
	if err != nil {
		return err
	}
	key, err := readSigner(c.Key)
	if err != nil {
		return err
	}
	cert, err := ca.NewClient(remote).Certificate(ctx, c.Certificate)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(cert.Raw)
	proof, err := sender.NewProof(sender.Proof{Chatbot: c.ID, CertificateSHA256: hex.EncodeToString(sum[:]), Audience: cmp.Or(c.Issuer, server),
		Issued: time.Now().Unix()}, key)
	if err != nil {
		return err
	}
	b, err := sender.NewClient(remote).Bind(ctx, sender.BindReq{Chatbot: c.ID, Certificate: c.Certificate, Proof: proof})
	if err != nil {
		return err
	}
	fmt.Println("bound", b.Certificate.ID, "to", b.ID, b.Name)
	return nil
}

func readSigner(path string) (crypto.Signer, error) {
	key, err := pemutil.Read(path)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds no private key; it is the one that the certification request was made with", path)
	}
	return signer, nil
}
