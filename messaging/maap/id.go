package maap

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// nameOf is a copy's id at a platform: a UUID (RFC 9562 version 8) made of its own id, so that a repetition is known as one. Delivery ids
// are random, so nobody else can tell the UUID before the platform is given it.
func nameOf(copy string) string { return uuid("copy", copy) }

// idShape is that of copies' ids. Others are not looked up: PostgreSQL takes not every text for one, and refuses a look-up as a whole.
var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// conversationOf is the same for all messages of an account to one holder of a number, and for no next holder.
func conversationOf(account, tenure string) string { return uuid("conversation", account, tenure) }

func uuid(of ...string) string {
	h := sha256.New()
	for _, s := range of {
		_, _ = h.Write(append([]byte(s), 0))
	}
	b := h.Sum(nil)[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
