package applet

import "fmt"

// VerificationCode is what a person compares between two screens: the first six and the last seven bits of a hash as four decimal
// digits, 0000 to 8191 (SK Mobile-ID REST API, section 2.4.1). The hash is that of the statement, or the one that [SignHash] brought.
func VerificationCode(hash []byte) string {
	if len(hash) == 0 {
		return ""
	}
	return fmt.Sprintf("%04d", int(hash[0]&0xFC)<<5|int(hash[len(hash)-1]&0x7F))
}
