package est

import (
	"simtrust/ca"
	"simtrust/ca/csr"
)

// ReadRequest reads a body and the names that it asks for, as enrolment does before anything is looked up.
func ReadRequest(body, binding []byte) (*csr.Request, ca.Subject, error) {
	r, err := readRequest(body, binding)
	if err != nil {
		return nil, ca.Subject{}, err
	}
	n, err := namesOf(r)
	return r, n.subject, err
}
