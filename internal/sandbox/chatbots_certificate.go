package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/rpc"
)

// certify has the authority certify the chatbot's key, and proves to the server that it is at hand.
func (s senders) certify(ctx context.Context, c *Chatbot) error {
	key, _, err := keyOf(c.Key)
	if err != nil {
		return err
	}
	cert, err := s.issue(ctx, c, key)
	if err != nil {
		return err
	}
	proof, err := s.proof(c.ID, cert.Certificate, key)
	if err != nil {
		return err
	}
	_, err = rpc.Call[binding, chatbotState](s.admin, "PUT /messaging/v1/chatbots/{id}/certificate")(ctx, binding{c.ID, cert.ID, proof})
	return err
}

func (s senders) issue(ctx context.Context, c *Chatbot, key *ecdsa.PrivateKey) (cert issuedCertificate, err error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return cert, err
	}
	order, err := rpc.Call[certificateOrder, orderToken](s.admin, "POST /ca/v1/authorisations")(ctx,
		certificateOrder{"enterprise", certSubject{"CN", c.Organization, c.Brand}})
	if err != nil {
		return cert, err
	}
	csr := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
	return rpc.Call[certificateRequest, issuedCertificate](s.admin, "POST /ca/v1/certificates")(ctx, certificateRequest{order.Token, string(csr)})
}

// proof is a JWS by the certificate's key that it is for this chatbot at this server.
func (s senders) proof(chatbot, certificate string, key *ecdsa.PrivateKey) (string, error) {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return "", errors.New("the authority's answer holds no certificate")
	}
	sum := sha256.Sum256(block.Bytes)
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"chatbot": chatbot, "certificate_sha256": hex.EncodeToString(sum[:]), "aud": s.issuer, "iat": s.now().Unix(),
	})
	token.Header["typ"] = "simtrust-binding+jwt"
	return token.SignedString(key)
}
