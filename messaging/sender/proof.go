package sender

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
)

// ProofType is the typ header of a proof of possession.
const ProofType = "simtrust-binding+jwt"

// A proof counts from its instant on for so long; a clock may run ahead by so much.
const (
	proofLife = 5 * time.Minute
	proofSkew = 30 * time.Second
)

// Proof is what the holder of a certificate's key signs to bind it to a chatbot: the claims of a compact JWS (RFC 7515) by that key, under
// ES256, ES384 or PS256.
type Proof struct {
	Chatbot string `json:"chatbot"`
	// CertificateSHA256 is of the DER, in lower-case hexadecimal.
	CertificateSHA256 string `json:"certificate_sha256"`
	Audience          string `json:"aud"` // the server's issuer
	Issued            int64  `json:"iat"`
}

var errClaims = errors.New("a claim is unknown, twice there, or of another type")

// UnmarshalJSON decodes strictly where golang-jwt would not.
func (p *Proof) UnmarshalJSON(text []byte) error {
	type plain Proof
	if err := json.Unmarshal(text, (*plain)(p), json.RejectUnknownMembers(true)); err != nil {
		return errClaims
	}
	return nil
}

// golang-jwt is told to leave the claims to the reader.

func (p *Proof) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (p *Proof) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (p *Proof) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (p *Proof) GetIssuer() (string, error)                   { return "", nil }
func (p *Proof) GetSubject() (string, error)                  { return "", nil }
func (p *Proof) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{p.Audience}, nil }

// NewProof signs a proof with a certificate's key, as its holder does.
func NewProof(p Proof, key crypto.Signer) (string, error) {
	method := methodOf(key.Public())
	if method == nil {
		return "", errNoMethod
	}
	token := jwt.NewWithClaims(method, &p)
	token.Header["typ"] = ProofType
	return token.SignedString(key)
}

var errNoMethod = errors.New("the key is none of P-256, P-384 and RSA: no JWS algorithm is registered for others that certificates have")

// methodOf is the one algorithm for keys of a kind, or nil.
func methodOf(key crypto.PublicKey) jwt.SigningMethod {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return jwt.SigningMethodES256
		case elliptic.P384():
			return jwt.SigningMethodES384
		}
	case *rsa.PublicKey:
		return jwt.SigningMethodPS256
	}
	return nil
}

var errProof = denied(ReasonProof, "proof: a compact JWS by the certificate's key over chatbot, certificate_sha256, aud and iat, with typ "+ProofType)

// readProof reads a proof that key signed under the algorithm for its kind.
func readProof(text string, key crypto.PublicKey, method jwt.SigningMethod) (*Proof, error) {
	p := &Proof{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{method.Alg()}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	token, err := parser.ParseWithClaims(text, p, func(*jwt.Token) (any, error) { return key, nil })
	if err != nil || token.Header["typ"] != ProofType || token.Header["crit"] != nil {
		return nil, errProof
	}
	return p, nil
}

// about tells whether a proof is for a chatbot and a certificate at a server, now, and not older than the last one.
func (p *Proof) about(chatbot Chatbot, sum []byte, issuer string, now time.Time) error {
	issued := time.Unix(p.Issued, 0)
	switch {
	case p.Chatbot != chatbot.ID || p.CertificateSHA256 != hex.EncodeToString(sum) || p.Audience != issuer:
		return errProof
	case now.Sub(issued) > proofLife || issued.Sub(now) > proofSkew:
		return denied(ReasonProofStale, "proof: iat is more than five minutes ago, or in the future; sign a new one")
	case !issued.After(chatbot.Certificate.Proven):
		return denied(ReasonProofStale, "proof: a later one was used already; sign a new one")
	}
	return nil
}
