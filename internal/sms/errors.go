package sms

import "errors"

// Errors of reading and building. None of them repeats an address or a text.
var (
	ErrTruncated  = errors.New("sms: the TPDU ends too early")
	ErrTrailing   = errors.New("sms: the TPDU runs on after its end")
	ErrType       = errors.New("sms: a TPDU of another type")
	ErrAddress    = errors.New("sms: not an address")
	ErrTime       = errors.New("sms: not a point in time")
	ErrValidity   = errors.New("sms: not a validity period")
	ErrFailure    = errors.New("sms: not a failure cause")
	ErrParameters = errors.New("sms: optional parameters of an unknown kind")
	ErrHeader     = errors.New("sms: the user data header contradicts itself")
	ErrLength     = errors.New("sms: longer than a TPDU or a message can be")
	ErrAlphabet   = errors.New("sms: a character that the alphabet does not have")
	ErrText       = errors.New("sms: not text of the alphabet")
)
