package receipt

import (
	"bytes"
	"encoding/pem"
)

// Part is a part of a bundle, for programs that know no receipts.
type Part struct {
	Name   string // of a file, such as signed-data.der
	Octets []byte
}

// Extract takes a bundle apart. It verifies nothing. The error is of kind invalid.
func Extract(evidence []byte) ([]Part, error) {
	b, err := decode(evidence)
	if err != nil {
		return nil, err
	}
	var certificates bytes.Buffer
	for _, der := range b.Certificates {
		_ = pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: der}) // a buffer takes everything
	}
	all := []Part{
		{"request.jws", []byte(b.Request)}, {"jwks.json", b.JWKS}, {"statement.der", b.Statement}, {"text.txt", []byte(b.Text)}, {"hash.bin", b.Hash},
		{"signature.der", b.Signature}, {"signed-data.der", b.SignedData}, {"certificates.pem", certificates.Bytes()}, {"decision.json", b.Decision},
		{"command.bin", b.Command}, {"response.bin", b.Response}, {"time-stamp.der", b.TimeStamp}, {"ocsp.der", b.OCSP},
	}
	if b.Inclusion != nil {
		all = append(all, Part{"checkpoint.txt", []byte(b.Inclusion.Checkpoint)})
	}
	var there []Part
	for _, p := range all {
		if len(p.Octets) > 0 {
			there = append(there, p)
		}
	}
	return there, nil
}
