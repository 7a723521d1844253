package smpp

import "errors"

// FieldError says which field of a packet is not what the standard allows, and the status that such a packet is answered with. It
// does not repeat the value. errors.Is finds the status in it.
type FieldError struct {
	Field  string
	Status Status
}

// Error names the field and the status.
func (e *FieldError) Error() string { return "smpp: " + e.Field + ": " + e.Status.String() }

// Unwrap returns the status.
func (e *FieldError) Unwrap() error { return e.Status }

// Errors of sessions. [ErrUnknown] says that a request left and that nobody knows whether it had an effect; with any other error it
// had none.
var (
	ErrUnknown  = errors.New("smpp: no answer, the request may have taken effect")
	ErrClosed   = errors.New("smpp: the session is over")
	ErrNotBound = errors.New("smpp: no session that the request may take")
)

// ErrText reports a message whose text cannot be read: binary data, a reserved data coding, or octets that are none of the alphabet.
var ErrText = errors.New("smpp: not a text")

// ErrNotReceipt reports a message that is no delivery receipt.
var ErrNotReceipt = errors.New("smpp: not a delivery receipt")
