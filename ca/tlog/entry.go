package tlog

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"strings"

	"simtrust/ca"
)

// entry is one certificate or receipt on its way into the log.
type entry struct {
	id   string // of the certificate, which has a dot in it, or of the receipt's transaction
	data []byte
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

// Receipt is the evidence of a signature, of which the log has the hash only. Handlers may see it twice.
type Receipt struct {
	ID     string // of the transaction
	SHA256 []byte
}

// receiptLabel begins the entry of a receipt. A certificate in DER begins with 30 hex, and the hash of one is shorter, so neither passes
// for the other.
const receiptLabel = "simtrust receipt\n"

// ReceiptEntry is what the log has of a receipt with that SHA-256.
func ReceiptEntry(sum []byte) []byte { return append([]byte(receiptLabel), sum...) }

func isReceipt(data []byte) bool {
	return len(data) == len(receiptLabel)+sha256.Size && bytes.HasPrefix(data, []byte(receiptLabel))
}

func (r Receipt) entry() (entry, error) {
	if r.ID == "" || strings.Contains(r.ID, ".") || len(r.SHA256) != sha256.Size {
		return entry{}, fmt.Errorf("tlog: the event of receipt %q is not one for the log", r.ID)
	}
	return entry{r.ID, ReceiptEntry(r.SHA256)}, nil
}

// Digest is the SHA-256 of the certificate that an entry is about.
func Digest(data []byte) [sha256.Size]byte {
	if len(data) == sha256.Size {
		return [sha256.Size]byte(data)
	}
	return sha256.Sum256(data)
}
