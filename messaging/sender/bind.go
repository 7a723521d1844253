package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// certificateProfile is that of certificates which organisations send messages with.
const certificateProfile = "enterprise"

// BindReq asks for a certificate to be a chatbot's.
type BindReq struct {
	Chatbot     string
	Certificate string // its id in the register
	// Proof is a Proof, signed by the certificate's key.
	Proof string
	By    string
}

// Bind makes a certificate a chatbot's, in the place of the one before. It takes proof that its key is at hand, and the brand's own
// organisation in its subject. The same proof again for what it bound changes nothing. Errors: KindNotFound with [ReasonUnknownBot] or
// [ReasonCertUnknown]; KindDenied with [ReasonProof], [ReasonProofStale], [ReasonCertProfile], [ReasonCertOther], [ReasonCertRevoked] or
// [ReasonCertExpired]; KindUnprocessable with [ReasonCertKey]; KindUnavailable.
func (s *Service) Bind(ctx context.Context, r BindReq) (Chatbot, error) {
	cert, err := s.Authority.Certificate(ctx, r.Certificate)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return Chatbot{}, notFound(ReasonCertUnknown, "the register has no certificate of this id")
	case err != nil:
		return Chatbot{}, err
	}
	proof, err := proven(cert, r.Proof)
	if err != nil {
		return Chatbot{}, err
	}
	return s.alter(ctx, r.Chatbot, func(tx *sqldb.Tx, c *Chatbot) (string, Decision, error) {
		b, err := brandByID(ctx, tx, c.Brand)
		if err != nil {
			return "", Decision{}, err
		}
		return s.bind(c, b, cert, proof, r.By)
	})
}

// proven reads a proof by a certificate's key. It comes first: who does not hold the key learns nothing about the certificate.
func proven(cert ca.Certificate, proof string) (*Proof, error) {
	parsed, err := x509.ParseCertificate(cert.Raw)
	if err != nil {
		return nil, errKey
	}
	method := methodOf(parsed.PublicKey)
	if method == nil {
		return nil, errKey
	}
	return readProof(proof, parsed.PublicKey, method)
}

var errKey = refusal(simtrust.KindUnprocessable, ReasonCertKey,
	"certificate: its key is none of P-256, P-384 and RSA, and no JWS algorithm is registered for it")

func (s *Service) bind(c *Chatbot, b Brand, cert ca.Certificate, proof *Proof, by string) (act string, d Decision, err error) {
	sum := sha256.Sum256(cert.Raw)
	bound := Certificate{ID: cert.ID, SHA256: sum[:], Proven: time.Unix(proof.Issued, 0).UTC()}
	if bound.equal(c.Certificate) && proof.Chatbot == c.ID {
		return "", Decision{}, nil
	}
	switch err := proof.about(*c, sum[:], s.cfg.Issuer, s.Now()); {
	case err != nil:
		return "", Decision{}, err
	case cert.Profile != certificateProfile:
		return "", Decision{}, denied(ReasonCertProfile, "certificate: one of the profile "+certificateProfile+" is needed")
	case !b.owns(cert.Subject):
		return "", Decision{}, denied(ReasonCertOther, "certificate: its subject is not the organisation of the chatbot's brand")
	}
	if err := good(cert, sum[:], s.Now()); err != nil {
		return "", Decision{}, err
	}
	c.Certificate = bound
	return actBound, Decision{By: by, Why: cert.ID}, nil
}

func (c Certificate) equal(d Certificate) bool {
	return c.ID == d.ID && bytes.Equal(c.SHA256, d.SHA256) && c.Proven.Equal(d.Proven)
}

// owns reports whether a certificate's subject is the brand's organisation. An identifier counts alone: names of organisations are not
// unique.
func (b Brand) owns(subject ca.Subject) bool {
	if b.OrganizationID != "" {
		return subject.OrganizationID == b.OrganizationID
	}
	return subject.Organization == b.Organization
}
