package receipt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"simtrust/ca/cms"
	"simtrust/simshield/applet"
)

// checkForm reads what every other step needs.
func (v *verification) checkForm() (string, error) {
	var known, algorithm bool
	v.kind, known = applet.ParseKind(v.Kind)
	v.algorithm, algorithm = applet.ParseAlgorithm(v.Algorithm)
	signature, err := applet.ParseSignature(v.Signature)
	switch {
	case !known || !algorithm:
		return "", errors.New("a kind of signature or an algorithm that is unknown")
	case err != nil:
		return "", errors.New("the signature is not r and s")
	case (v.Statement == nil) == (v.Hash == nil) || (v.Statement == nil) != (v.SignedData == nil) || (v.Hash == nil) != (v.HashAlgorithm == ""):
		return "", errors.New("a receipt has either a statement with signed data, or a hash")
	case v.Statement == nil && v.kind == applet.KindTransaction:
		return "", errors.New("a transaction key signs no hash from outside")
	}
	v.signature = signature
	return "It is a receipt of version 1 in its one form.", nil
}

// checkDisplay holds the text, and who asked, against the statement.
func (v *verification) checkDisplay() (string, error) {
	if v.Statement == nil {
		return "", undecided("A signature over a hash does not cover what the card showed.")
	}
	prompt, err := applet.DecodeStatement(v.Statement)
	if err != nil {
		return "", errors.New("the statement cannot be read, or its text is not what its fields compose to")
	}
	v.prompt = prompt
	id := sha256.Sum256([]byte(v.ID)) // cards know a transaction by half of this
	switch s := prompt.Statement; {
	case prompt.Text != v.Text:
		return "", errors.New("the text is not that of the statement")
	case s.Party != v.PartyName:
		return "", errors.New("the statement names another party")
	case !bytes.Equal(s.ID[:], id[:len(s.ID)]):
		return "", errors.New("the statement is of another transaction")
	case s.Subject.Kind() != v.kind:
		return "", errors.New("the statement is of another kind")
	}
	return fmt.Sprintf("The card showed, and the statement holds: %s.", strings.ReplaceAll(prompt.Text, "\n", " / ")), nil
}

// checkCode makes the verification code again.
func (v *verification) checkCode() (string, error) {
	var code string
	switch {
	case v.Hash != nil:
		code = applet.VerificationCode(v.Hash)
	case v.prompt != nil:
		code = v.prompt.VerificationCode(v.algorithm)
	default:
		return "", undecided("There is no statement to make the code from.")
	}
	if code != v.Code {
		return "", errors.New("the verification code is another")
	}
	return fmt.Sprintf("Both screens showed %s, which is the code of what was signed.", code), nil
}

// checkSignature verifies the person's signature with the key of the certificate.
func (v *verification) checkSignature() (string, error) {
	if v.chain == nil {
		return "", undecided("There is no certificate that could be relied on.")
	}
	key := v.chain[0].PublicKey
	if v.Hash != nil {
		h, ok := applet.ParseHashAlgorithm(v.HashAlgorithm)
		if !ok || applet.VerifyDigest(key, v.algorithm, h, v.Hash, v.signature) != nil {
			return "", errors.New("the signature is not by the certificate's key over the hash")
		}
		return fmt.Sprintf("The certificate's key signed the hash (%s).", v.algorithm), nil
	}
	set, err := applet.SignedAttributes(v.algorithm, v.Statement, v.algorithm.Sum(v.Certificates[0]))
	if err != nil || applet.Verify(key, v.algorithm, set, v.signature) != nil {
		return "", errors.New("the signature is not by the certificate's key over the statement")
	}
	if err := v.checkSignedData(); err != nil {
		return "", err
	}
	return fmt.Sprintf("The certificate's key signed the statement, and this certificate with it (%s).", v.algorithm), nil
}

// checkSignedData holds the signed data, for programs that know no receipts, against the rest.
func (v *verification) checkSignedData() error {
	verifier, err := cms.NewVerifier(cms.AnyUsage, v.roots)
	if err != nil {
		return err
	}
	signed, err := verifier.Verify(v.SignedData, nil, v.stamped.Time)
	switch {
	case err != nil:
		return err
	case !signed.Type.Equal(applet.ContentType) || !bytes.Equal(signed.Content, v.Statement) || !bytes.Equal(signed.Signer, v.Certificates[0]) ||
		!bytes.Equal(signed.Signature, v.bundle.Signature):
		return errors.New("the signed data is of another statement, certificate or signature")
	}
	return nil
}
