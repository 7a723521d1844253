package applet

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// statementVersion is that of the structure and of the rules by which its text is composed.
const statementVersion = 1

var (
	tagTransfer = tag.Tag(0).ContextSpecific().Constructed()
	tagDocument = tag.Tag(1).ContextSpecific().Constructed()
	tagLogin    = tag.Tag(2).ContextSpecific().Constructed()
	tagAccount  = tag.Tag(0).ContextSpecific().Constructed()
	tagBatch    = tag.Tag(1).ContextSpecific().Constructed()
)

// der encodes a statement that was checked, with its text:
//
//	Statement ::= SEQUENCE {
//	  version   INTEGER (1),
//	  kind      ENUMERATED { login (1), document (2), transaction (3) },
//	  language  UTF8String ("zh" | "en"),
//	  party     UTF8String,
//	  id        OCTET STRING (SIZE (16)),
//	  nonce     OCTET STRING (SIZE (16)),
//	  notAfter  GeneralizedTime,
//	  subject   CHOICE { transfer [0] IMPLICIT Transfer, document [1] IMPLICIT Document, login [2] IMPLICIT Login },
//	  text      UTF8String }
func (s Statement) der(text string) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, 256+len(text)))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(statementVersion)
		b.AddASN1Enum(int64(s.Subject.Kind()))
		addText(b, s.Language.String())
		addText(b, s.Party)
		b.AddASN1OctetString(s.ID[:])
		b.AddASN1OctetString(s.Nonce[:])
		b.AddASN1GeneralizedTime(s.NotAfter.UTC())
		switch subject := s.Subject.(type) {
		case Transfer:
			b.AddASN1(tagTransfer, subject.der)
		case Document:
			b.AddASN1(tagDocument, subject.der)
		case Login:
			b.AddASN1(tagLogin, func(b *cryptobyte.Builder) { b.AddASN1OctetString(subject.Challenge) })
		}
		addText(b, text)
	})
	return b.Bytes()
}

// der encodes
//
//	Transfer ::= SEQUENCE {
//	  order     UTF8String,
//	  payee     CHOICE { account [0] IMPLICIT SEQUENCE { name UTF8String, account UTF8String },
//	                     batch   [1] IMPLICIT SEQUENCE { count INTEGER, list OCTET STRING (SIZE (32)) } },
//	  amount    INTEGER,               -- in minor units
//	  currency  UTF8String (SIZE (3)), -- ISO 4217
//	  memo      UTF8String,
//	  time      GeneralizedTime,
//	  reminder  BOOLEAN }
func (t Transfer) der(b *cryptobyte.Builder) {
	addText(b, t.Order)
	if t.Batch != nil {
		b.AddASN1(tagBatch, func(b *cryptobyte.Builder) {
			b.AddASN1Uint64(uint64(t.Batch.Count))
			b.AddASN1OctetString(t.Batch.List[:])
		})
	} else {
		b.AddASN1(tagAccount, func(b *cryptobyte.Builder) {
			addText(b, t.PayeeName)
			addText(b, t.PayeeAccount)
		})
	}
	b.AddASN1Int64(t.Amount.Minor)
	addText(b, t.Amount.Currency)
	addText(b, t.Memo)
	b.AddASN1GeneralizedTime(t.Time.UTC())
	b.AddASN1Boolean(t.Reminder)
}

// der encodes
//
//	Document ::= SEQUENCE {
//	  title      UTF8String,
//	  algorithm  ENUMERATED { sha256 (1), sha384 (2), sha512 (3), sm3 (4) },
//	  hash       OCTET STRING }
func (d Document) der(b *cryptobyte.Builder) {
	addText(b, d.Title)
	b.AddASN1Enum(int64(d.Algorithm))
	b.AddASN1OctetString(d.Hash)
}

func addText(b *cryptobyte.Builder, text string) {
	b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(text)) })
}

// DecodeStatement reads a statement. It refuses every encoding but the one that [Statement.Compose] yields, and a text other than
// that which the fields compose to.
func DecodeStatement(der []byte) (*Prompt, error) {
	s, text, ok := readStatement(der)
	if !ok {
		return nil, refuse("statement", ReasonMalformed, "not a statement in DER")
	}
	p, err := s.Compose()
	if err != nil {
		return nil, err
	}
	if p.Text != text {
		return nil, refuse("statement", ReasonAltered, "the text is not what the fields compose to")
	}
	if !bytes.Equal(p.DER, der) {
		return nil, refuse("statement", ReasonMalformed, "not the statement's one encoding")
	}
	return p, nil
}

func readStatement(der []byte) (s Statement, text string, ok bool) {
	in, body := cryptobyte.String(der), cryptobyte.String(nil)
	var version int64
	var kind int
	var language string
	ok = in.ReadASN1(&body, tag.SEQUENCE) && in.Empty() && body.ReadASN1Integer(&version) && version == statementVersion &&
		body.ReadASN1Enum(&kind) && readText(&body, &language) && readText(&body, &s.Party) && readFixed(&body, s.ID[:]) &&
		readFixed(&body, s.Nonce[:]) && body.ReadASN1GeneralizedTime(&s.NotAfter) && s.readSubject(&body) && readText(&body, &text) && body.Empty()
	if !ok || int(s.Subject.Kind()) != kind {
		return s, "", false
	}
	s.Language, ok = ParseLanguage(language)
	return s, text, ok
}

func (s *Statement) readSubject(body *cryptobyte.String) bool {
	var in cryptobyte.String
	var t tag.Tag
	if !body.ReadAnyASN1(&in, &t) {
		return false
	}
	switch t {
	case tagTransfer:
		var transfer Transfer
		ok := transfer.read(in)
		s.Subject = transfer
		return ok
	case tagDocument:
		var d Document
		var algorithm int
		ok := readText(&in, &d.Title) && in.ReadASN1Enum(&algorithm) && algorithm == int(HashAlgorithm(algorithm)) &&
			in.ReadASN1Bytes(&d.Hash, tag.OCTET_STRING) && in.Empty()
		d.Algorithm = HashAlgorithm(algorithm)
		s.Subject = d
		return ok
	case tagLogin:
		var l Login
		ok := in.ReadASN1Bytes(&l.Challenge, tag.OCTET_STRING) && in.Empty()
		s.Subject = l
		return ok
	}
	return false
}

func (t *Transfer) read(in cryptobyte.String) bool {
	var payee cryptobyte.String
	var choice tag.Tag
	if !readText(&in, &t.Order) || !in.ReadAnyASN1(&payee, &choice) {
		return false
	}
	switch choice {
	case tagAccount:
		if !readText(&payee, &t.PayeeName) || !readText(&payee, &t.PayeeAccount) {
			return false
		}
	case tagBatch:
		t.Batch = &Batch{}
		if !payee.ReadASN1Integer(&t.Batch.Count) || !readFixed(&payee, t.Batch.List[:]) {
			return false
		}
	default:
		return false
	}
	return payee.Empty() && in.ReadASN1Integer(&t.Amount.Minor) && readText(&in, &t.Amount.Currency) && readText(&in, &t.Memo) &&
		in.ReadASN1GeneralizedTime(&t.Time) && in.ReadASN1Boolean(&t.Reminder) && in.Empty()
}

func readText(s *cryptobyte.String, out *string) bool {
	var text cryptobyte.String
	ok := s.ReadASN1(&text, tag.UTF8String)
	*out = string(text)
	return ok
}

func readFixed(s *cryptobyte.String, out []byte) bool {
	var octets cryptobyte.String
	return s.ReadASN1(&octets, tag.OCTET_STRING) && len(octets) == len(out) && copy(out, octets) == len(out)
}
