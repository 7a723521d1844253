package applet

import (
	"crypto/sha256"
	"strconv"

	"github.com/emmansun/gmsm/sm3"
)

// Kind is what a key is for. Its numbers are those of the wire and of [Statement].
type Kind uint8

// The kinds of key.
const (
	KindLogin       Kind = 1
	KindDocument    Kind = 2
	KindTransaction Kind = 3
)

var kindNames = map[Kind]string{KindLogin: "login", KindDocument: "document", KindTransaction: "transaction"}

func (k Kind) String() string { return nameOf(kindNames, k) }

// ParseKind reads what [Kind.String] writes.
func ParseKind(name string) (Kind, bool) { return named(kindNames, name) }

func (k Kind) valid() bool { return k >= KindLogin && k <= KindTransaction }

// Algorithm is how a key signs. Its numbers are those of the wire.
type Algorithm uint8

// The algorithms.
const (
	P256 Algorithm = 1 // ECDSA on P-256 with SHA-256
	SM2  Algorithm = 2 // SM2 with SM3
)

var algorithmNames = map[Algorithm]string{P256: "P-256", SM2: "SM2"}

func (a Algorithm) String() string { return nameOf(algorithmNames, a) }

// ParseAlgorithm reads what [Algorithm.String] writes.
func ParseAlgorithm(name string) (Algorithm, bool) { return named(algorithmNames, name) }

func (a Algorithm) valid() bool { return a == P256 || a == SM2 }

// Sum is the algorithm's hash of a message: SM3 for SM2, SHA-256 for P-256.
func (a Algorithm) Sum(message []byte) [32]byte {
	if a == SM2 {
		return sm3.Sum(message)
	}
	return sha256.Sum256(message)
}

// HashAlgorithm is a hash function that somebody outside used. Its numbers are those of the wire.
type HashAlgorithm uint8

// The hash functions.
const (
	SHA256 HashAlgorithm = 1
	SHA384 HashAlgorithm = 2
	SHA512 HashAlgorithm = 3
	SM3    HashAlgorithm = 4
)

var hashNames = map[HashAlgorithm]string{SHA256: "SHA-256", SHA384: "SHA-384", SHA512: "SHA-512", SM3: "SM3"}

func (h HashAlgorithm) String() string { return nameOf(hashNames, h) }

// ParseHashAlgorithm reads what [HashAlgorithm.String] writes.
func ParseHashAlgorithm(name string) (HashAlgorithm, bool) { return named(hashNames, name) }

// Size is the length of a hash in octets; 0 of an unknown function.
func (h HashAlgorithm) Size() int {
	switch h {
	case SHA256, SM3:
		return 32
	case SHA384:
		return 48
	case SHA512:
		return 64
	}
	return 0
}

// SignedBy says that keys of an algorithm sign such hashes: SM2 those of SM3, P-256 the others.
func (h HashAlgorithm) SignedBy(a Algorithm) bool { return (h == SM3) == (a == SM2) }

// Application is one of the applets of a card.
type Application uint8

// The applets.
const (
	Bank       Application = 1
	EID        Application = 2
	Enterprise Application = 3
)

var applicationNames = map[Application]string{Bank: "bank", EID: "eid", Enterprise: "enterprise"}

func (a Application) String() string { return nameOf(applicationNames, a) }

// ParseApplication reads what [Application.String] writes.
func ParseApplication(name string) (Application, bool) { return named(applicationNames, name) }

// TAR is the toolkit application reference to which the applet's packets go (ETSI TS 101 220, annex D: 53 42 01 to 53 42 03 are in
// the range that issuers allot).
func (a Application) TAR() [3]byte { return [3]byte{0x53, 0x42, byte(a)} }

// Language is that of headings and labels.
type Language uint8

// The languages.
const (
	Chinese Language = 0
	English Language = 1
)

var languageNames = map[Language]string{Chinese: "zh", English: "en"}

func (l Language) String() string { return nameOf(languageNames, l) }

// ParseLanguage reads what [Language.String] writes: zh, en.
func ParseLanguage(name string) (Language, bool) { return named(languageNames, name) }

func nameOf[T ~uint8](names map[T]string, v T) string {
	if name, ok := names[v]; ok {
		return name
	}
	return strconv.Itoa(int(v))
}

func named[T ~uint8](names map[T]string, name string) (T, bool) {
	for v, n := range names {
		if n == name {
			return v, true
		}
	}
	return 0, false
}
