package lint

import "bytes"

const (
	maxSerial = 20 // octets, RFC 5280 §4.1.2.2
	// minSerial: 64 random bits after the sign bit need a ninth octet. A short serial is what is left of them when somebody
	// counted the sign bit in (63 bits: EJBCA, 2019).
	minSerial = 9
	// counterRun is a run of zero octets that random bits have once in 10^11 certificates and counters always have.
	counterRun = 5
)

func checkSerial(r *report) {
	s := r.serial
	r.object(len(s) == 0 || s[0] >= 0x80 || len(bytes.Trim(s, "\x00")) == 0, "the serial number is not positive")
	r.object(len(s) > maxSerial, "the serial number has %d octets, more than %d", len(s), maxSerial)
	r.object(len(bytes.TrimLeft(s, "\x00")) < minSerial, "the serial number has fewer than %d octets", minSerial)
	r.object(bytes.Contains(s, make([]byte, counterRun)), "the serial number has a run of zeros like a counter")
}
