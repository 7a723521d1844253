package applet

import "time"

// ID names a registration or a transaction.
type ID [16]byte

// Command is what the server asks of an applet: [Enrol], [Install], [Confirm], [SignHash] or [Cancel].
type Command interface {
	// Append appends the command's octets.
	Append(dst []byte) []byte
	// CommandID is the registration or transaction that the command is about.
	CommandID() ID
}

// Enrol asks for a fresh key. The applet shows who asks, takes the one-time code and the kind's PIN, and answers [Enrolled] with the
// key and a signature by it over [Possession]. A key that the slot has remains in use until [Install].
type Enrol struct {
	ID        ID
	Kind      Kind
	Algorithm Algorithm
	Party     string
	Challenge [16]byte
	Language  Language
}

// Install puts a fresh key to use, now that there is a certificate for it. Nothing is shown; the answer is [Done].
type Install struct {
	ID   ID // that of the registration
	Kind Kind
	// KeyHash is the hash of the compressed public key, and Certificate that of the certificate's DER, both by [Algorithm.Sum].
	KeyHash     [32]byte
	Certificate [32]byte
}

// Confirm asks to show a statement and to sign it, as [SignedAttributes] does. The answer is [Signed] with the signature.
type Confirm struct {
	Statement Statement
}

// SignHash asks to sign a hash from outside, for protocols that have no room for a [Statement]. Its kind is login or document: a
// transaction key has no such command.
type SignHash struct {
	ID    ID
	Kind  Kind
	Party string
	// Text is shown beside the party's name; it may be empty.
	Text     string
	NotAfter time.Time // in whole seconds
	Language Language
	// Hash is signed as it is. Under P-256 its leftmost 256 bits count (FIPS 186-5, section 6.4.1). Under SM2 it is the hash of Z and
	// the message (GB/T 32918.2, section 6.1).
	Algorithm HashAlgorithm
	Hash      []byte
}

// Cancel withdraws a transaction. What was not shown yet is never shown; the answer is [Done], whether or not it was known.
type Cancel struct {
	ID ID
}

// CommandID is the registration.
func (c Enrol) CommandID() ID { return c.ID }

// CommandID is the registration.
func (c Install) CommandID() ID { return c.ID }

// CommandID is the transaction.
func (c Confirm) CommandID() ID { return c.Statement.ID }

// CommandID is the transaction.
func (c SignHash) CommandID() ID { return c.ID }

// CommandID is the transaction.
func (c Cancel) CommandID() ID { return c.ID }
