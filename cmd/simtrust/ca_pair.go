package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/gm"
)

type caPairCmd struct {
	remoteFlags
	caSubjectFlags
	Profile string `arg:"" help:"Profile of the signing certificate; simtrust ca profiles shows which take SM2 keys."`
	CSR     string `arg:"" type:"existingfile" help:"Certification request of the SM2 signing key, PEM."`
	Key     string `type:"existingfile" placeholder:"FILE" help:"The signing key, PEM, not encrypted: opens the envelope here. Without, what holds the key opens it later."`
	Out     string `short:"o" default:"pair" placeholder:"DIR" help:"New directory for what is received."`
}

// Help teaches with an example (kong's HelpProvider).
func (*caPairCmd) Help() string {
	return "GM/T 0015 gives a subscriber two certificates: one to sign with, for the key of the request, and one to encrypt to, whose key the key " +
		"management side makes. That private key comes in an envelope (GB/T 35276) that only the signing key opens.\n\n" +
		"    openssl genpkey -algorithm SM2 -out sign.key\n" +
		"    openssl req -new -key sign.key -sm3 -sigopt distid:1234567812345678 -subj / -out sign.csr\n" +
		"    simtrust ca pair bank-sim sign.csr --key sign.key --name 王小明 --tenure ten_… --relying-party bank.example --out pair\n\n" +
		"Nobody else keeps the encryption key: a pair whose envelope is lost is revoked and asked for again."
}

func (c *caPairCmd) Run(ctx context.Context) error {
	remote, err := c.client()
	if err != nil {
		return err
	}
	der, err := readRequest(c.CSR)
	if err != nil {
		return err
	}
	key, err := c.signingKey(der)
	if err != nil {
		return err
	}
	if err := os.Mkdir(c.Out, 0o700); err != nil { // before anything is issued that could not be kept
		return fmt.Errorf("%w; --out names a directory to be made", err)
	}
	token, err := ca.NewClient(remote).Authorise(ctx, ca.AuthoriseReq{Authorisation: c.authorisation(c.Profile, time.Now())})
	if err == nil {
		var pair gm.Pair
		if pair, err = gm.NewClient(remote).Issue(ctx, gm.PairReq{Token: token.Text, Profile: c.Profile, CSR: der}); err == nil {
			return c.receive(pair, key)
		}
	}
	return errors.Join(err, os.Remove(c.Out))
}

// signingKey reads the key that opens the envelope, if one is given: that of the request.
func (c *caPairCmd) signingKey(csr []byte) (*sm2.PrivateKey, error) {
	if c.Key == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Key)
	if err != nil {
		return nil, err
	}
	key := sm2Key(text)
	request, err := smx509.ParseCertificateRequest(csr)
	if err != nil || key == nil || !key.PublicKey.Equal(request.PublicKey) {
		return nil, fmt.Errorf("%s does not hold the SM2 key of the request in PEM, unencrypted; leave --key out where it is kept elsewhere", c.Key)
	}
	return key, nil
}

// sm2Key reads PKCS #8 or SEC 1, after the parameters that openssl puts before the latter; nil for anything else.
func sm2Key(text []byte) *sm2.PrivateKey {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var key any
		switch block.Type {
		case "PRIVATE KEY":
			key, _ = smx509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY", "SM2 PRIVATE KEY":
			key, _ = smx509.ParseTypedECPrivateKey(block.Bytes)
		}
		if k, ok := key.(*sm2.PrivateKey); ok {
			return k
		}
	}
	return nil
}

// receive writes what came into files and shows it.
func (c *caPairCmd) receive(p gm.Pair, key *sm2.PrivateKey) error {
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "FILE\tIS\tID\tUNTIL\tKEY USAGE")
	for _, half := range []struct {
		file, is string
		cert     ca.Certificate
	}{{"sign.pem", "signing certificate and issuers", p.Signing}, {"encrypt.pem", "encryption certificate and issuers", p.Encryption}} {
		cert, err := smx509.ParseCertificate(half.cert.Raw)
		if err != nil {
			return err
		}
		if err := writeCertificate(filepath.Join(c.Out, half.file), half.cert); err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", half.file, half.is, half.cert.ID, cert.NotAfter.Format(time.DateOnly), usages(cert.KeyUsage))
	}
	for _, f := range []struct {
		file, is string
		der      []byte
	}{{"encrypt.envelope", "SM2EnvelopedKey (GB/T 35276), DER", p.Envelope}, {"response.der", "CSRResponse (GM/T 0092): all of it", p.Response}} {
		if err := os.WriteFile(filepath.Join(c.Out, f.file), f.der, 0o600); err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%s\t\t\t%d octets\n", f.file, f.is, len(f.der))
	}
	if key != nil {
		if err := c.open(p, key); err != nil {
			return errors.Join(t.Flush(), err)
		}
		fmt.Fprintln(t, "encrypt.key\tprivate key of the encryption certificate, opened and compared\t\t\t")
	}
	return t.Flush()
}

func (c *caPairCmd) open(p gm.Pair, key *sm2.PrivateKey) error {
	second, err := p.Open(key)
	if err != nil {
		return err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(second)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.Out, "encrypt.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// usages are the words of RFC 5280 for what a key may do.
func usages(u smx509.KeyUsage) string {
	var words []string
	for i, word := range []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement"} {
		if u&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}
