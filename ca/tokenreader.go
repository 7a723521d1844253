package ca

import (
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/keys"
)

// tokenReader signs authorisation tokens and reads them again. A token tends to come back to the node that signed it, which need not
// verify its own signature.
type tokenReader struct {
	tokens    Tokens
	parser    *jwt.Parser
	validator *jwt.Validator
	signed    digests
}

func newTokenReader(d Deps, c Config) *tokenReader {
	options := []jwt.ParserOption{jwt.WithValidMethods([]string{keys.Algorithm}), jwt.WithAudience(tokenAudience), jwt.WithIssuer(c.BaseURL),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(d.Now)}
	return &tokenReader{tokens: d.Tokens, parser: jwt.NewParser(options...), validator: jwt.NewValidator(options...)}
}

func (r *tokenReader) sign(claims tokenClaims) (string, error) {
	text, err := r.tokens.SignJWT(tokenType, claims)
	if err == nil {
		r.signed.put(sha256.Sum256([]byte(text)))
	}
	return text, err
}

func (r *tokenReader) read(text string) (*tokenClaims, error) {
	var claims tokenClaims
	if err := r.parse(text, &claims); err != nil || claims.ID == "" || claims.IssuedAt == nil || !slices.Equal(claims.Audience, []string{tokenAudience}) {
		return nil, errTokenInvalid
	}
	return &claims, nil
}

func (r *tokenReader) parse(text string, claims *tokenClaims) error {
	if !r.signed.has(sha256.Sum256([]byte(text))) {
		_, err := r.parser.ParseWithClaims(text, claims, r.key)
		return err
	}
	token, _, err := r.parser.ParseUnverified(text, claims)
	if err != nil {
		return err
	}
	_, err = r.key(token) // which may have been withdrawn since
	return errors.Join(err, r.validator.Validate(claims))
}

// key insists on the type, so that no other token of this server passes for an authorisation.
func (r *tokenReader) key(token *jwt.Token) (any, error) {
	kid, _ := token.Header["kid"].(string)
	if typ, _ := token.Header["typ"].(string); typ != tokenType {
		return nil, errors.New("another type of token")
	}
	key, ok := r.tokens.PublicKey(kid)
	if !ok {
		return nil, errors.New("unknown key")
	}
	return key, nil
}

// digests are SHA-256 sums, of which at least the last half of mostDigests are remembered.
type digests struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]struct{}
}

const mostDigests = 1 << 16

func (d *digests) put(sum [sha256.Size]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.young == nil || len(d.young) == mostDigests/2 {
		d.young, d.old = map[[sha256.Size]byte]struct{}{}, d.young
	}
	d.young[sum] = struct{}{}
}

func (d *digests) has(sum [sha256.Size]byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, young := d.young[sum]
	_, old := d.old[sum]
	return young || old
}
