package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"simtrust"
	"simtrust/ca/tlog"
	"simtrust/internal/rpc"
)

type caProofCmd struct {
	Cert     string        `arg:"" type:"existingfile" help:"The certificate, PEM; what follows it in the file is not looked at."`
	LogKey   string        `required:"" placeholder:"KEY|@FILE" help:"Verifier key of the transparency log (NAME+HASH+KEY), or @FILE that holds it."`
	Proof    string        `type:"existingfile" placeholder:"FILE" help:"A proof that was fetched before: no server is asked."`
	Server   string        `env:"SIMTRUST_SERVER" placeholder:"URL" help:"Server to fetch the proof from. Default: where the certificate says that its issuer is."`
	Patience time.Duration `default:"30s" help:"How long the certificate may be on its way to the log."`
}

// Help says what is verified, and where everything comes from (kong's HelpProvider).
func (*caProofCmd) Help() string {
	return "An authority whose every certificate is in a public log can issue none in secret. No token is needed to see that one is there:\n\n" +
		"    curl -o log.key SERVER/ca/log/key            once, and compare it with the key that the operator published\n" +
		"    simtrust ca proof cert.pem --log-key @log.key\n\n" +
		"It fetches the proof of inclusion (RFC 6962) and verifies that\n\n" +
		"    the leaf is the hash of this certificate: in full for TLS, of its SHA-256 for persons and organisations;\n" +
		"    the checkpoint of the log is signed with the key;\n" +
		"    the path leads from the leaf to the root in the checkpoint.\n\n" +
		"To keep the proof with the certificate, and verify it without a server:\n\n" +
		"    curl -o proof.json 'SERVER/ca/log/proof?certificate=ID'\n" +
		"    simtrust ca proof cert.pem --log-key @log.key --proof proof.json\n\n" +
		"It says nothing of the certificate's status (openssl ocsp); simtrust ca audit verifies the whole log."
}

func (c *caProofCmd) Run(ctx context.Context) error {
	verifier, err := logVerifier(c.LogKey)
	if err != nil {
		return err
	}
	cert, err := readCertificate(c.Cert)
	if err != nil {
		return err
	}
	proof, err := c.proof(ctx, cert)
	if err != nil {
		return err
	}
	size, err := verifyProof(proof, cert.Raw, verifier)
	if err != nil {
		return err
	}
	fmt.Printf("the certificate is in the log %s: entry %d of %d, counted from 0\n", verifier.Name(), proof.Index, size)
	return nil
}

// proof is the one that was given, or the server's.
func (c *caProofCmd) proof(ctx context.Context, cert *smx509.Certificate) (p tlog.Proof, err error) {
	if c.Proof == "" {
		return c.fetch(ctx, cert)
	}
	text, err := os.ReadFile(c.Proof)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("--proof: %s holds no proof: %w; curl -o %[1]s 'SERVER/ca/log/proof?certificate=ID' fetches one", c.Proof, err)
	}
	return p, nil
}

// fetch asks for the proof until the log has the certificate.
func (c *caProofCmd) fetch(ctx context.Context, cert *smx509.Certificate) (tlog.Proof, error) {
	server, id, err := issuedAt(cert)
	if err != nil {
		return tlog.Proof{}, err
	}
	if c.Server != "" {
		server = c.Server
	}
	hc := &http.Client{Timeout: remoteTimeout, CheckRedirect: stay}
	unbroken := rpc.Breaker(math.MaxUint32, time.Second) // not there yet is no failure
	client, err := tlog.NewClient(server, hc, rpc.NewClient(server, hc, "", unbroken))
	if err != nil {
		return tlog.Proof{}, err
	}
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(c.Patience); ; {
		p, err := client.Proof(ctx, id)
		onItsWay := simtrust.ReasonOf(err) == tlog.ReasonNotLogged || simtrust.ReasonOf(err) == tlog.ReasonNotYet
		if !onItsWay || time.Now().After(end) {
			return p, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}

// verifyProof verifies that a certificate is in the log, and returns the size of the tree that the proof is for.
func verifyProof(p tlog.Proof, der []byte, v note.Verifier) (size uint64, err error) {
	sum := sha256.Sum256(der)
	entry := sum[:]
	if p.Covers(der) { // the log has it in full
		entry = der
	}
	if !p.Covers(entry) {
		return 0, errors.New("the proof is of another certificate: its leaf is not made of this one; name the certificate that it was fetched for")
	}
	checkpoint, _, _, err := log.ParseCheckpoint([]byte(p.Checkpoint), v.Name(), v)
	if err != nil {
		return 0, fmt.Errorf("the checkpoint is not signed with the key of %s: compare --log-key with the key that the operator published; "+
			"if it is that key, the log was forged: keep the proof, and tell the operator", v.Name())
	}
	if p.Verify(entry, v) != nil {
		return 0, errors.New("the path does not lead from the certificate to the root in the checkpoint: the proof was changed, or the log has no such " +
			"certificate; fetch it again, and if it stays so, keep it and tell the operator")
	}
	return checkpoint.Size, nil
}
