package applet

import "time"

// Statement is what a person confirms and a key signs.
type Statement struct {
	// Party is the registered name of who asks.
	Party string
	ID    ID
	Nonce [16]byte
	// NotAfter is when the prompt lapses, in whole seconds.
	NotAfter time.Time
	Language Language
	// Subject decides the kind of key.
	Subject Subject
}

// Subject is what a statement is about: [Transfer], [Document] or [Login].
type Subject interface {
	Kind() Kind
}

// Transfer is a payment, or a batch of them.
type Transfer struct {
	Order string
	// PayeeName and PayeeAccount are empty where Batch is there, and only there.
	PayeeName    string
	PayeeAccount string
	// Amount is that of the payment, or the batch's total.
	Amount Amount
	Memo   string    // may be empty
	Time   time.Time // of the order, in whole seconds
	Batch  *Batch
	// Reminder has a line about the large amount shown (PBoC circular 261/2016).
	Reminder bool
}

// Batch is a list of payees.
type Batch struct {
	Count uint32
	// List is the SHA-256 of the list in the form that bank and customer agreed on.
	List [32]byte
}

// Document is a document to be signed.
type Document struct {
	Title     string
	Algorithm HashAlgorithm
	Hash      []byte
}

// Login is a proof of presence.
type Login struct {
	Challenge []byte // 16 to 64 octets
}

// Kind is KindTransaction.
func (Transfer) Kind() Kind { return KindTransaction }

// Kind is KindDocument.
func (Document) Kind() Kind { return KindDocument }

// Kind is KindLogin.
func (Login) Kind() Kind { return KindLogin }
