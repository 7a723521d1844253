package ota

import "fmt"

// Status is the response status code of TS 102 225 §5.2.
type Status byte

const (
	OK                   Status = 0x00
	ChecksumFailed       Status = 0x01 // also a padding count that cannot be: the two are not told apart
	CounterLow           Status = 0x02
	CounterHigh          Status = 0x03
	CounterBlocked       Status = 0x04
	CipheringError       Status = 0x05 // the ciphered part is no whole number of blocks
	SecurityError        Status = 0x06 // unidentified: here, lengths that contradict each other
	MemoryProblem        Status = 0x07
	MoreTime             Status = 0x08
	UnknownTAR           Status = 0x09
	InsufficientSecurity Status = 0x0A
	ResponseBySubmit     Status = 0x0B // the actual response comes in an SMS-SUBMIT
	ResponseByUSSD       Status = 0x0C
)

var statusText = [...]string{
	OK:                   "ok",
	ChecksumFailed:       "checksum failed",
	CounterLow:           "counter low",
	CounterHigh:          "counter high",
	CounterBlocked:       "counter blocked",
	CipheringError:       "ciphering error",
	SecurityError:        "unidentified security error",
	MemoryProblem:        "not enough memory",
	MoreTime:             "more time needed",
	UnknownTAR:           "TAR unknown",
	InsufficientSecurity: "insufficient security level",
	ResponseBySubmit:     "response by SMS-SUBMIT",
	ResponseByUSSD:       "response by USSD",
}

// String returns the code and its meaning.
func (s Status) String() string {
	if int(s) < len(statusText) {
		return fmt.Sprintf("%02X %s", byte(s), statusText[s])
	}
	return fmt.Sprintf("%02X reserved", byte(s))
}
