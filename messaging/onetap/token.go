package onetap

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// encoding is that of the server's ids.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

const (
	deliverySize   = 16
	macSize        = 10
	tokenSize      = 1 + deliverySize + macSize
	tokenLength    = (tokenSize*8 + 4) / 5 // in base 32
	deliveryPrefix = "dlv_"
)

// link names what a token is for: the login at a place in the message of a delivery.
type link struct {
	delivery string
	place    byte
}

// codec writes and reads tokens under a key.
type codec struct{ key []byte }

// token is the link's, in tokenLength characters. It is empty for a delivery whose id is not one of this server's.
func (c codec) token(l link) string {
	id, ok := deliveryID(l.delivery)
	if !ok {
		return ""
	}
	b := append([]byte{l.place}, id...)
	return encoding.EncodeToString(append(b, c.mac("link", string(b))[:macSize]...))
}

// open reads a token, of which there is one way to write each.
func (c codec) open(token string) (link, bool) {
	b, ok := decode(token)
	if !ok {
		return link{}, false
	}
	body, mac := b[:1+deliverySize], b[1+deliverySize:]
	if subtle.ConstantTimeCompare(mac, c.mac("link", string(body))[:macSize]) != 1 {
		return link{}, false
	}
	return link{deliveryPrefix + encoding.EncodeToString(body[1:]), body[0]}, true
}

// mark holds the place of a token in the content of a message, as long as the token.
func (c codec) mark(message string, place byte) string {
	b := append([]byte{place}, c.mac("mark", string([]byte{place})+message)[:tokenSize-1]...)
	return encoding.EncodeToString(b)
}

// marked reports whether a text is a mark of a message, and the place.
func (c codec) marked(message, text string) (place byte, ok bool) {
	b, ok := decode(text)
	if !ok {
		return 0, false
	}
	return b[0], subtle.ConstantTimeCompare([]byte(text), []byte(c.mark(message, b[0]))) == 1
}

func (c codec) mac(purpose, text string) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte(purpose + " " + text))
	return h.Sum(nil)
}

// decode reads a text of tokenLength characters, written as encoding writes it.
func decode(text string) ([]byte, bool) {
	if len(text) != tokenLength {
		return nil, false
	}
	b, err := encoding.DecodeString(text)
	return b, err == nil && encoding.EncodeToString(b) == text
}

func deliveryID(delivery string) ([]byte, bool) {
	text, ok := strings.CutPrefix(delivery, deliveryPrefix)
	if !ok {
		return nil, false
	}
	b, err := encoding.DecodeString(text)
	return b, err == nil && len(b) == deliverySize && encoding.EncodeToString(b) == text
}
