package tlog

import (
	"crypto/sha256"
	"fmt"
	"math"

	"simtrust/ca"
)

// entry is one certificate on its way into the log.
type entry struct {
	certificate string // its id
	data        []byte
}

// newEntry takes what an event tells of a certificate: all of it, or its hash.
func newEntry(c ca.IssuedCertificate) (entry, error) {
	data := c.SHA256
	if len(c.Raw) > 0 {
		data = c.Raw
	}
	if c.ID == "" || len(c.SHA256) != sha256.Size || len(data) > math.MaxUint16 || Digest(data) != [sha256.Size]byte(c.SHA256) {
		return entry{}, fmt.Errorf("tlog: the event of certificate %q is not one for the log", c.ID)
	}
	return entry{c.ID, data}, nil
}

// Digest is the SHA-256 of the certificate that an entry is about.
func Digest(data []byte) [sha256.Size]byte {
	if len(data) == sha256.Size {
		return [sha256.Size]byte(data)
	}
	return sha256.Sum256(data)
}
