package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is the one JWS algorithm of the ring, ECDSA with P-256 and SHA-256 (RFC 7518 §3.4).
const Algorithm = "ES256"

// ES256 is the JWS algorithm over any [crypto.Signer] with a P-256 key, such as one inside a hardware token; golang-jwt's own
// takes nothing but an *ecdsa.PrivateKey. It verifies with an *ecdsa.PublicKey.
var ES256 jwt.SigningMethod = es256{}

type es256 struct{}

func (es256) Alg() string { return Algorithm }

func (es256) Verify(signingString string, sig []byte, key any) error {
	return jwt.SigningMethodES256.Verify(signingString, sig, key)
}

func (es256) Sign(signingString string, key any) ([]byte, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, jwt.ErrInvalidKeyType
	}
	if public, ok := signer.Public().(*ecdsa.PublicKey); !ok || public.Curve.Params().BitSize != 8*coordinate {
		return nil, jwt.ErrInvalidKey
	}
	return sign(signer, []byte(signingString))
}

// sign returns r ‖ s, each in 32 bytes.
func sign(signer crypto.Signer, input []byte) ([]byte, error) {
	digest := sha256.Sum256(input)
	der, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return fixedWidth(der)
}

var errSignature = errors.New("the signer did not return an ECDSA P-256 signature")

// fixedWidth turns the ASN.1 form, SEQUENCE { r INTEGER, s INTEGER }, into that of RFC 7518 §3.4.
func fixedWidth(der []byte) ([]byte, error) {
	var seq cryptobyte.String
	var r, s []byte
	in := cryptobyte.String(der)
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !in.Empty() || !seq.ReadASN1Integer(&r) || !seq.ReadASN1Integer(&s) || !seq.Empty() ||
		len(r) > coordinate || len(s) > coordinate {
		return nil, errSignature
	}
	out := make([]byte, 2*coordinate)
	copy(out[coordinate-len(r):coordinate], r)
	copy(out[2*coordinate-len(s):], s)
	return out, nil
}

// SignJWT returns claims as a JWS in compact form (RFC 7515 §7.1), signed with the active key. typ is the media type of the
// header, such as "JWT" or "at+jwt" (RFC 9068): a constant of the caller, of letters, digits and "+-.".
func (r *Ring) SignJWT(typ string, claims jwt.Claims) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", failed("keys.sign", "the claims cannot be encoded", err)
	}
	s := r.view()
	kid := s.ring.active().KID
	token, err := compact(s.signers[kid], kid, typ, payload)
	if err != nil {
		return "", failed("keys.sign", "the token cannot be signed", err)
	}
	return token, nil
}

var errType = errors.New("not a token type")

// compact builds the token in one buffer. The header is text with two insertions that need no escaping: a thumbprint and a
// checked media type.
func compact(signer crypto.Signer, kid, typ string, payload []byte) (string, error) {
	if typ == "" || strings.Trim(typ, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return "", errType
	}
	header := `{"alg":"` + Algorithm + `","typ":"` + typ + `","kid":"` + kid + `"}`
	b64 := base64.RawURLEncoding
	buf := make([]byte, 0, b64.EncodedLen(len(header))+b64.EncodedLen(len(payload))+b64.EncodedLen(2*coordinate)+2)
	buf = b64.AppendEncode(buf, []byte(header))
	buf = append(buf, '.')
	buf = b64.AppendEncode(buf, payload)
	sig, err := sign(signer, buf)
	if err != nil {
		return "", err
	}
	buf = append(buf, '.')
	return string(b64.AppendEncode(buf, sig)), nil
}

// Keyfunc gives golang-jwt the key to verify a token of this ring with. Whatever the parser allows, it takes ES256 only, no
// critical extensions (RFC 7515 §4.1.11), and looks the key id up among the published keys. A refusal is of kind
// unauthenticated with [ReasonAlgorithm] or [ReasonUnknownKey]. The caller checks typ, audience, issuer and expiry, and parses
// with jwt.WithStrictDecoding: otherwise the last character of a token has several spellings.
func (r *Ring) Keyfunc(token *jwt.Token) (any, error) {
	if token.Method == nil || token.Method.Alg() != Algorithm || token.Header["alg"] != Algorithm {
		return nil, refused(ReasonAlgorithm, "the token is not signed with "+Algorithm)
	}
	if _, ok := token.Header["crit"]; ok {
		return nil, refused(ReasonAlgorithm, "the token needs an extension that is not supported")
	}
	kid, _ := token.Header["kid"].(string)
	key, ok := r.PublicKey(kid)
	if !ok {
		return nil, refused(ReasonUnknownKey, "the token names no key of this issuer")
	}
	return key, nil
}
