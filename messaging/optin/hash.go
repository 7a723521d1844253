package optin

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"simtrust"
)

// hash stands for a chatbot and a number, keyed, so that the store tells neither that two chatbots know one number nor which it is.
type hash string

// hasher makes the hashes of one chatbot.
func (s *Service) hasher(chatbot string) func(simtrust.Number) hash {
	mac := hmac.New(sha256.New, s.cfg.NumberKey)
	return func(n simtrust.Number) hash {
		mac.Reset()
		mac.Write([]byte(chatbot))
		mac.Write([]byte{0})
		mac.Write([]byte(n.E164()))
		return hash(base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]))
	}
}
