package events

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// Own is the form of this server's own API.
const Own Kind = "own"

// SignatureHeader carries the signature of what a webhook gets; signatureType is its typ.
const (
	SignatureHeader = "X-Simtrust-Signature"
	signatureType   = "simtrust-webhook+jwt"
)

const maxAnswer = 4 << 10

// own is the form of the kind Own.
type own struct {
	Deps
	issuer string
}

// Check implements Form.
func (o own) Check(ctx context.Context, chatbot, target string) error {
	nonce := rand.Text()
	body, err := json.Marshal(map[string]string{"type": "webhook.check", "chatbot": chatbot, "nonce": nonce})
	if err != nil {
		return err
	}
	answer, err := o.post(ctx, target, body)
	if err != nil {
		return invalid(ReasonUnchecked, "the receiver did not answer the check with 200: see whether the URL is right and reachable from here")
	}
	var echo struct {
		Nonce string `json:"nonce"`
	}
	if json.Unmarshal(answer, &echo) != nil || subtle.ConstantTimeCompare([]byte(echo.Nonce), []byte(nonce)) != 1 {
		return invalid(ReasonUnchecked, `the receiver must answer the check with {"nonce":…}, the nonce that it got`)
	}
	return nil
}

// Bring implements Form: all of a page in one request.
func (o own) Bring(ctx context.Context, w Webhook, list []Entry) (int64, error) {
	body, err := json.Marshal(map[string]any{"chatbot": w.Chatbot, "events": list})
	if err != nil {
		return 0, err
	}
	if _, err := o.post(ctx, w.URL, body); err != nil {
		return 0, err
	}
	return list[len(list)-1].Seq, nil
}

var errRefused = errors.New("the receiver did not acknowledge")

// post sends a signed body; a receiver that takes it answers 2xx.
func (o own) post(ctx context.Context, target string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	signature, err := o.sign(target, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(SignatureHeader, signature)
	res, err := o.Out.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode/100 != 2 {
		err = errRefused
	}
	return answer, err
}

type signatureClaims struct {
	jwt.RegisteredClaims
	Body string `json:"body"` // SHA-256, base64url
}

func (o own) sign(target string, body []byte) (string, error) {
	sum := sha256.Sum256(body)
	return o.Signer.SignJWT(signatureType, &signatureClaims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: o.issuer, Audience: jwt.ClaimStrings{target}, IssuedAt: jwt.NewNumericDate(o.Now()), ID: simtrust.NewID("whk")},
		Body:             base64.RawURLEncoding.EncodeToString(sum[:]),
	})
}
