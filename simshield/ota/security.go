package ota

import "fmt"

// SPI is the security parameter indicator of a command (TS 102 225 §5.1.1), first octet high. The sound ones are Default with or
// without the two options; every other value is refused at both ends.
type SPI uint16

const (
	// Default: checksum, ciphering, processed if the counter is higher; report always, with checksum, ciphered, in the delivery
	// report.
	Default SPI = 0x1619
	// Sequential is an option of Default: processed only if the counter is exactly one higher.
	Sequential SPI = 0x0800
	// BySubmit is an option of Default: the report comes in an SMS-SUBMIT, since a delivery report has room for little.
	BySubmit SPI = 0x0020
)

func (s SPI) sound() bool { return s&^(Sequential|BySubmit) == Default }

// String returns the two octets in hex.
func (s SPI) String() string { return fmt.Sprintf("%04X", uint16(s)) }

// Level is the minimum security level of an application (TS 102 225 §5.1.1, TS 102 226). The zero Level is the profile of this
// package; there is none below it.
type Level byte

const (
	// LevelDefault asks for Default or better.
	LevelDefault Level = iota
	// LevelSequential asks for Default with Sequential, so that a packet kept back makes those after it fail.
	LevelSequential
)

func (l Level) admits(s SPI) bool {
	return s.sound() && (l == LevelDefault || l == LevelSequential && s&Sequential != 0)
}

// KIc and KID hold the key set in the high nibble and the algorithm in the low one (TS 102 225 §5.1.2, §5.1.3).
const (
	keySetShift     = 4
	highestKeySet   = 0x0F
	algorithmNibble = 0x0F
	aesAlgorithm    = 0x2 // KIc: AES in CBC; KID: AES-CMAC
	desTwoKeys      = 0x5 // triple DES in outer CBC with two keys
	desThreeKeys    = 0x9
)

const checksumLength = 8
