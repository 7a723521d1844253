package gm

import (
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust"
)

// Open opens the envelope with the signing key, and returns the private key of the encryption certificate. It fails where the
// envelope is for another key, or holds another than the certificate's. Errors: KindInvalid with [ReasonEnvelope].
func (p Pair) Open(signing *sm2.PrivateKey) (*sm2.PrivateKey, error) {
	key, err := sm2.ParseEnvelopedPrivateKey(signing, p.Envelope)
	if err != nil {
		return nil, envelopeError("the envelope does not open with this key", err)
	}
	second, err := smx509.ParseCertificate(p.Encryption.Raw)
	if err != nil {
		return nil, envelopeError("the encryption certificate cannot be read", err)
	}
	if !key.PublicKey.Equal(second.PublicKey) {
		return nil, envelopeError("the envelope holds another key than that of the encryption certificate", nil)
	}
	return key, nil
}

func envelopeError(msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonEnvelope, Op: "gm.open", Msg: msg, Err: err}
}
