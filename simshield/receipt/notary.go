package receipt

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust"
	"simtrust/ca/tlog"
	"simtrust/ca/tsp"
	"simtrust/simshield/applet"
)

// Notary makes receipts. Its methods are safe for concurrent use.
type Notary struct{ Deps }

// New returns a notary.
func New(d Deps) *Notary { return &Notary{d} }

// Seal makes the receipt of a signature: a time stamp over it, and then the status of the certificate. The errors are of kind
// unavailable where either cannot be had, denied where the certificate is not good at that time, and invalid where the facts do not
// belong together.
func (n *Notary) Seal(ctx context.Context, f Facts) ([]byte, error) {
	b, err := n.assemble(f)
	if err != nil {
		return nil, err
	}
	at, err := n.stamp(ctx, b, f)
	if err != nil {
		return nil, err
	}
	if err := n.ask(ctx, b, f, at); err != nil {
		return nil, err
	}
	text, err := b.encode()
	if err != nil || len(text) > MaxSize || !b.fits() {
		return nil, fault(simtrust.KindInvalid, ReasonFacts, "the facts do not fit a receipt", err)
	}
	return text, nil
}

// assemble puts together what is there before the time stamp.
func (n *Notary) assemble(f Facts) (*bundle, error) {
	if len(f.Chain) == 0 {
		return nil, invalid(ReasonFacts, "a certificate without its issuers")
	}
	b := &bundle{
		Version: version, ID: f.ID, Party: f.Party, PartyName: f.Name, Kind: f.Kind.String(), Algorithm: f.Algorithm.String(), Request: f.Request,
		Issuer: f.Issuer, Certificate: f.Certificate, Card: n.card(f.Party, f.ICCID), Counter: f.Counter, Command: f.Command, Response: f.Response,
		Created: millis(f.Created), Received: millis(f.Received), Signature: f.Signature.ASN1(),
		Certificates: append([][]byte{f.Raw}, f.Chain[:len(f.Chain)-1]...),
	}
	err := b.confirmed(f)
	if err == nil {
		b.JWKS, err = member(f.JWKS)
	}
	if err == nil {
		b.Decision, err = member(f.Decision)
	}
	if err != nil {
		return nil, fault(simtrust.KindInvalid, ReasonFacts, "the facts do not belong together", err)
	}
	return b, nil
}

// confirmed takes over what the person confirmed: a statement, or a hash.
func (b *bundle) confirmed(f Facts) error {
	if f.Statement == nil {
		b.Hash, b.HashAlgorithm, b.Code = f.Hash, f.HashAlgorithm.String(), applet.VerificationCode(f.Hash)
		return nil
	}
	prompt, err := applet.DecodeStatement(f.Statement)
	if err != nil {
		return err
	}
	b.Statement, b.Text, b.Code = f.Statement, prompt.Text, prompt.VerificationCode(f.Algorithm)
	b.PartyName = prompt.Statement.Party // as it was shown, should it have changed
	if f.SignedData != nil {
		b.SignedData = f.SignedData
		return nil
	}
	set, err := applet.SignedAttributes(f.Algorithm, f.Statement, f.Algorithm.Sum(f.Raw))
	if err != nil {
		return err
	}
	b.SignedData, err = applet.Assemble(f.Algorithm, f.Statement, set, f.Signature, f.Raw, f.Chain[:len(f.Chain)-1]...)
	return err
}

// card names a card towards a party: the same card has the same name, and no two parties see the same.
func (n *Notary) card(party, iccid string) []byte {
	mac := hmac.New(sha256.New, n.CardKey)
	fmt.Fprintf(mac, "%d %s %s", len(party), party, iccid)
	return mac.Sum(nil)
}

// stamp gets a time stamp over the signature, and returns its time.
func (n *Notary) stamp(ctx context.Context, b *bundle, f Facts) (time.Time, error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails (Go 1.24)
	sum := f.Algorithm.Sum(b.Signature)
	q := tsp.Query{Hash: imprint(f.Algorithm), Digest: sum[:], Nonce: nonce}
	info, token, err := q.Token(n.Stamper.Stamp(ctx, q.DER()))
	if err != nil {
		return time.Time{}, fault(simtrust.KindUnavailable, ReasonNoStamp, "no time stamp can be had now", err)
	}
	b.TimeStamp = token
	return info.Time, nil
}

// imprint is the hash function of the time stamp.
func imprint(a applet.Algorithm) asn1.ObjectIdentifier {
	if a == applet.SM2 {
		return tsp.SM3
	}
	return tsp.SHA256
}

// ask gets the status of the certificate, with the digest of all there is as its nonce.
func (n *Notary) ask(ctx context.Context, b *bundle, f Facts, stamped time.Time) error {
	leaf, err := smx509.ParseCertificate(f.Raw)
	if err != nil {
		return fault(simtrust.KindInvalid, ReasonFacts, "the certificate cannot be read", err)
	}
	issuer, err := smx509.ParseCertificate(f.Chain[0])
	if err != nil {
		return fault(simtrust.KindInvalid, ReasonFacts, "the issuer's certificate cannot be read", err)
	}
	nonce, err := b.sealed()
	if err != nil {
		return fault(simtrust.KindInvalid, ReasonFacts, "the facts do not fit a receipt", err)
	}
	id := certID(issuer, leaf.SerialNumber)
	if b.OCSP, err = n.Statuses.Fresh(ctx, f.Issuer, statusRequest(id, nonce)); err != nil {
		return fault(simtrust.KindUnavailable, ReasonNoStatus, "the status of the certificate is not known now", err)
	}
	answer, err := readStatus(b.OCSP)
	switch {
	case err != nil || !answer.about(id, nonce) || !answer.follows(stamped):
		return fault(simtrust.KindUnavailable, ReasonNoStatus, "the status of the certificate is not known now", err)
	case answer.state != good || stamped.After(leaf.NotAfter) || stamped.Before(leaf.NotBefore):
		return fault(simtrust.KindDenied, ReasonCertificate, "the certificate does not stand", nil)
	}
	return nil
}

// Include adds the log's proof to a bundle, or replaces the one that it has. The bundle comes back as it is while the log has no proof.
func (n *Notary) Include(ctx context.Context, id string, evidence []byte) ([]byte, error) {
	p, err := n.Log.Proof(ctx, id)
	switch simtrust.KindOf(err) {
	case "":
		return Include(evidence, p)
	case simtrust.KindNotFound, simtrust.KindUnavailable:
		return evidence, nil
	}
	return nil, err
}

// Include adds a proof to a bundle, or replaces the one that it has. The error is of kind invalid where the proof is for something else.
func Include(evidence []byte, p tlog.Proof) ([]byte, error) {
	b, err := decode(evidence)
	if err != nil {
		return nil, err
	}
	digest, err := b.logged()
	if err != nil || !p.Covers(tlog.ReceiptEntry(digest)) {
		return nil, fault(simtrust.KindInvalid, ReasonFacts, "the proof is for another receipt", err)
	}
	b.Inclusion = &inclusion{p.Index, p.Path, p.Checkpoint}
	return b.encode()
}

// member is a JSON text as a bundle has it; nothing where there is none, or null.
func member(text []byte) (jsontext.Value, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	v := jsontext.Value(text).Clone()
	return v, v.Compact()
}

func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
