package maap

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
)

// ServiceAccount is one of Google's accounts for programs: it proves itself by what it signs (RFC 7523 §2.1), with a key that Google gave out.
type ServiceAccount struct {
	email, keyID, tokenURL, scope string
	key                           *rsa.PrivateKey
}

const (
	// scopeRBM is what a service account asks for where nothing else is wanted.
	scopeRBM = "https://www.googleapis.com/auth/rcsbusinessmessaging"
	// shortKey is the shortest RSA key that is taken, in bits.
	shortKey = 2048
)

// ParseServiceAccount reads a key file as Google's console gives it out. An empty scope is that of RCS for Business. Errors repeat nothing of
// the file.
func ParseServiceAccount(file []byte, scope string) (*ServiceAccount, error) {
	var f struct {
		Type     string `json:"type"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		Email    string `json:"client_email"`
		TokenURL string `json:"token_uri"`
	}
	switch {
	case json.Unmarshal(file, &f) != nil || f.Type != "service_account":
		return nil, errors.New("not the JSON key file of a service account")
	case f.Email == "" || !isURL(f.TokenURL):
		return nil, errors.New("the key file of a service account has client_email, and a URL as token_uri")
	}
	key, err := parseRSA(f.Key)
	if err != nil {
		return nil, err
	}
	return &ServiceAccount{f.Email, f.KeyID, f.TokenURL, cmp.Or(scope, scopeRBM), key}, nil
}

func parseRSA(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("private_key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	key, ok := parsed.(*rsa.PrivateKey)
	if err != nil || !ok || key.N.BitLen() < shortKey {
		return nil, errors.New("private_key is not an RSA key in PKCS #8 of 2,048 bits or more")
	}
	return key, nil
}

const (
	// assertionTime is for how long an assertion may be used; Google takes an hour at most.
	assertionTime = 10 * time.Minute
	// assertionSkew is by how much our clock may be ahead: Google takes none from the future.
	assertionSkew = 10 * time.Second
)

// assertion is what the account is let in with at its token endpoint (RFC 7523 §3), once for each token.
func (a *ServiceAccount) assertion(now time.Time) (string, error) {
	issued := now.Add(-assertionSkew)
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": a.email, "scope": a.scope, "aud": a.tokenURL, "iat": issued.Unix(), "exp": issued.Add(assertionTime).Unix(),
	})
	if a.keyID != "" {
		t.Header["kid"] = a.keyID
	}
	return t.SignedString(a.key)
}
