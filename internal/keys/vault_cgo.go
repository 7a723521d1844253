//go:build cgo && !nopkcs11

package keys

import (
	"errors"

	"github.com/miekg/pkcs11"
)

// pkcs11Built tells whether the kms has PKCS #11, under the condition that the kms itself is built by. It needs cgo.
const pkcs11Built = true

// sessionLost reports whether the token, not its caller, is why something failed.
func sessionLost(err error) bool {
	_, said := errors.AsType[pkcs11.Error](err)
	return said || errors.Is(err, errNoSession)
}

// pinRefused reports whether the token did not take the PIN.
func pinRefused(err error) bool {
	switch code, _ := errors.AsType[pkcs11.Error](err); code {
	case pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_EXPIRED, pkcs11.CKR_PIN_LOCKED:
		return true
	}
	return false
}
