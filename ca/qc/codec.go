package qc

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
)

// ExtensionID is id-pe-qcStatements.
var ExtensionID = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}

// Extension encodes the statements, not critical. It is an error to state nothing or to state what Parse would refuse.
func (s Statements) Extension() (pkix.Extension, error) {
	return pkix.Extension{}, errors.New("qc: no statement")
}

// Parse decodes the extension.
func Parse(ext pkix.Extension) (Statements, error) {
	return Statements{}, errors.New("qc: not the extension of qualified certificate statements")
}
