package statement

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/netip"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/rpc"
)

// Type is the typ of a statement.
const Type = "simtrust-sender+jwt"

// SaltSize is the length of a salt, in octets.
const SaltSize = 16

// Reasons of refusal, all of kind invalid.
const (
	ReasonStatement = "statement_invalid" // not a statement of this server
	ReasonSalt      = "salt_invalid"
	ReasonAddress   = "address_unknown" // of who asks
)

// Statement says who sent a message.
type Statement struct {
	ID      string
	Sender  string // the chatbot
	Name    string // as it is shown
	Brand   string
	Message string
	Channel string
	// Certificate is the SHA-256 of the sender's enterprise certificate.
	Certificate [sha256.Size]byte
	// Digest is that of the content as rendered for Channel; see Digest.
	Digest [sha256.Size]byte
	// Recipient is the salted hash of the number; see Recipient.
	Recipient [sha256.Size]byte
	Time      time.Time
}

// Digest is the digest of content as it is delivered.
func Digest(contentType string, body []byte) [sha256.Size]byte {
	h := sha256.New()
	h.Write([]byte(contentType + "\n"))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}

// Recipient is the salted hash of a number.
func Recipient(salt []byte, n simtrust.Number) [sha256.Size]byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(n.E164()))
	return [sha256.Size]byte(h.Sum(nil))
}

// NewSalt returns a salt for one statement.
func NewSalt() []byte {
	salt := make([]byte, SaltSize)
	_, _ = rand.Read(salt) // never fails
	return salt
}

// Keys signs and verifies (keys.Ring).
type Keys interface {
	// SignJWT signs with the active key; typ is the header's media type.
	SignJWT(typ string, claims jwt.Claims) (string, error)
	// Keyfunc returns the published key that a token names; it refuses any other algorithm than the one of SignJWT.
	Keyfunc(*jwt.Token) (any, error)
}

// Senders knows chatbots.
type Senders interface {
	// Standing says how a chatbot stands now: nil, if it may send under a certificate with this SHA-256; KindDenied with the reason, if
	// not; KindUnavailable.
	Standing(ctx context.Context, chatbot string, certificate [sha256.Size]byte) error
}

// Deps is what the package stands on.
type Deps struct {
	Keys    Keys
	Senders Senders
	Now     func() time.Time
	// Client returns the address that a request comes from (authn.Proxies); nil where the operation is not mounted.
	Client func(*http.Request) (netip.AddrPort, error)
	// Issuer is the server's URL.
	Issuer string
}

// Notary makes and checks statements.
type Notary struct {
	Deps
	small, large *rpc.Pace // of questions, by network
}

// New returns a Notary.
func New(d Deps) *Notary {
	return &Notary{d, rpc.NewPace(smallRate, d.Now), rpc.NewPace(largeRate, d.Now)}
}

type claims struct {
	jwt.RegisteredClaims
	Sender      string `json:"sender"`
	Name        string `json:"name"`
	Brand       string `json:"brand"`
	Certificate string `json:"x5t#S256"`
	Message     string `json:"mid"`
	Channel     string `json:"chn"`
	Digest      string `json:"dig"`
	Recipient   string `json:"rcp"`
}

// Make signs a statement as of now; it gives it its ID and Time.
func (n *Notary) Make(s Statement) (string, error) {
	return n.Keys.SignJWT(Type, &claims{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: n.Issuer, IssuedAt: jwt.NewNumericDate(n.Now()), ID: simtrust.NewID("sta")},
		Sender:           s.Sender, Name: s.Name, Brand: s.Brand, Message: s.Message, Channel: s.Channel,
		Certificate: encode(s.Certificate), Digest: encode(s.Digest), Recipient: encode(s.Recipient),
	})
}

var errStatement = error(&simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonStatement, Op: "messaging.statement", Msg: "not a statement of this server"})

// Read verifies the signature of a statement. Error: KindInvalid with ReasonStatement.
func (n *Notary) Read(text string) (Statement, error) {
	var c claims
	parser := jwt.NewParser(jwt.WithIssuer(n.Issuer), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(n.Now))
	token, err := parser.ParseWithClaims(text, &c, n.Keys.Keyfunc)
	if err != nil || token.Header["typ"] != Type || c.IssuedAt == nil {
		return Statement{}, errStatement
	}
	s := Statement{ID: c.ID, Sender: c.Sender, Name: c.Name, Brand: c.Brand, Message: c.Message, Channel: c.Channel, Time: c.IssuedAt.UTC()}
	if !decode(c.Certificate, &s.Certificate) || !decode(c.Digest, &s.Digest) || !decode(c.Recipient, &s.Recipient) {
		return Statement{}, errStatement
	}
	return s, nil
}

// IsFor tells whether a statement is for a number, given the salt that came with it.
func (s Statement) IsFor(n simtrust.Number, salt []byte) bool {
	sum := Recipient(salt, n)
	return len(salt) == SaltSize && subtle.ConstantTimeCompare(sum[:], s.Recipient[:]) == 1
}

func encode(sum [sha256.Size]byte) string { return base64.RawURLEncoding.EncodeToString(sum[:]) }

func decode(text string, into *[sha256.Size]byte) bool {
	octets, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(octets) != sha256.Size {
		return false
	}
	*into = [sha256.Size]byte(octets)
	return true
}
