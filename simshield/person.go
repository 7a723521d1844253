package simshield

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"simtrust"
)

// maxNationalID is the longest national identity number: longer than any country's.
const maxNationalID = 32

func validNationalID(number string) bool {
	return len(number) <= maxNationalID && !strings.ContainsFunc(number, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-'
	})
}

// personOf is what is kept of the national identity number of a tenure's person: a keyed hash over both, so that a copy of the store tells
// neither the number nor which rows are of one person. It is empty where there is no number.
func (s *Service) personOf(tenure simtrust.TenureID, number string) string {
	if number == "" {
		return ""
	}
	mac := hmac.New(sha256.New, s.person)
	mac.Write([]byte(tenure))
	mac.Write([]byte{0})
	mac.Write(bytes.ToUpper([]byte(number))) // the last place of a Chinese number may be an x
	return hex.EncodeToString(mac.Sum(nil))
}

// meant says that a key is one that the opening is for. A key without a registered number is nobody's who is asked for by number.
func (s *Service) meant(o *opening, k Key) bool {
	return (o.only == "" || o.only == k.ID) &&
		(o.hash == 0 || o.hash.SignedBy(k.Algorithm)) &&
		(o.nationalID == "" || hmac.Equal([]byte(k.person), []byte(s.personOf(k.Tenure, o.nationalID))))
}
