package applet

import (
	"bytes"

	"simtrust/internal/tlv"
)

// Append appends the command's octets.
func (c Enrol) Append(dst []byte) []byte {
	return tlv.AppendBERFunc(dst, tagEnrol, func(dst []byte) []byte {
		dst = tlv.AppendBER(dst, fieldID, c.ID[:])
		dst = tlv.AppendBER(dst, fieldKind, []byte{byte(c.Kind)})
		dst = tlv.AppendBER(dst, fieldAlgorithm, []byte{byte(c.Algorithm)})
		dst = appendText(dst, fieldParty, c.Party)
		dst = tlv.AppendBER(dst, fieldNonce, c.Challenge[:])
		return appendLanguage(dst, c.Language)
	})
}

// Append appends the command's octets.
func (c Install) Append(dst []byte) []byte {
	return tlv.AppendBERFunc(dst, tagInstall, func(dst []byte) []byte {
		dst = tlv.AppendBER(dst, fieldID, c.ID[:])
		dst = tlv.AppendBER(dst, fieldKind, []byte{byte(c.Kind)})
		dst = tlv.AppendBER(dst, fieldHash, c.KeyHash[:])
		return tlv.AppendBER(dst, fieldDigest, c.Certificate[:])
	})
}

// Append appends the command's octets.
func (c Confirm) Append(dst []byte) []byte {
	s := c.Statement
	return tlv.AppendBERFunc(dst, tagConfirm, func(dst []byte) []byte {
		dst = tlv.AppendBER(dst, fieldID, s.ID[:])
		dst = appendText(dst, fieldParty, s.Party)
		dst = tlv.AppendBER(dst, fieldNonce, s.Nonce[:])
		dst = appendTime(dst, fieldNotAfter, s.NotAfter)
		dst = appendLanguage(dst, s.Language)
		switch subject := s.Subject.(type) {
		case Transfer:
			dst = tlv.AppendBERFunc(dst, fieldTransfer, subject.append)
		case Document:
			dst = tlv.AppendBERFunc(dst, fieldDocument, subject.append)
		case Login:
			dst = tlv.AppendBER(dst, fieldLogin, tlv.AppendBER(nil, fieldNonce, subject.Challenge))
		}
		return dst
	})
}

func (t Transfer) append(dst []byte) []byte {
	dst = appendText(dst, transferOrder, t.Order)
	dst = appendText(dst, transferPayee, t.PayeeName)
	dst = appendText(dst, transferAccount, t.PayeeAccount)
	dst = appendNumber(dst, transferAmount, uint64(t.Amount.Minor), amountSize)
	dst = appendText(dst, transferCurrency, t.Amount.Currency)
	dst = appendText(dst, transferMemo, t.Memo)
	dst = appendTime(dst, transferTime, t.Time)
	if t.Batch != nil {
		dst = appendNumber(dst, transferCount, uint64(t.Batch.Count), 4)
		dst = tlv.AppendBER(dst, transferList, t.Batch.List[:])
	}
	if t.Reminder {
		dst = tlv.AppendBER(dst, transferReminder)
	}
	return dst
}

func (d Document) append(dst []byte) []byte {
	dst = tlv.AppendBER(dst, fieldAlgorithm, []byte{byte(d.Algorithm)})
	dst = appendText(dst, fieldText, d.Title)
	return tlv.AppendBER(dst, fieldHash, d.Hash)
}

// Append appends the command's octets.
func (c SignHash) Append(dst []byte) []byte {
	return tlv.AppendBERFunc(dst, tagSignHash, func(dst []byte) []byte {
		dst = tlv.AppendBER(dst, fieldID, c.ID[:])
		dst = tlv.AppendBER(dst, fieldKind, []byte{byte(c.Kind)})
		dst = tlv.AppendBER(dst, fieldAlgorithm, []byte{byte(c.Algorithm)})
		dst = appendText(dst, fieldParty, c.Party)
		dst = appendTime(dst, fieldNotAfter, c.NotAfter)
		dst = appendLanguage(dst, c.Language)
		dst = appendText(dst, fieldText, c.Text)
		return tlv.AppendBER(dst, fieldHash, c.Hash)
	})
}

// Append appends the command's octets.
func (c Cancel) Append(dst []byte) []byte {
	return tlv.AppendBER(dst, tagCancel, tlv.AppendBER(nil, fieldID, c.ID[:]))
}

// DecodeCommand reads a command. It accepts the octets that Append makes and no others; whether a text may be shown, Compose tells.
func DecodeCommand(data []byte) (Command, error) {
	tag, f, ok := open(data)
	var c Command
	switch tag {
	case tagEnrol:
		c = f.enrol()
	case tagInstall:
		c = f.install()
	case tagConfirm:
		c = f.confirm()
	case tagSignHash:
		c = f.signHash()
	case tagCancel:
		c = f.cancel()
	}
	if !ok || c == nil || !f.done() {
		return nil, refuse("command", ReasonMalformed, "not a command of the applet")
	}
	return c, nil
}

func (f *fields) enrol() (c Enrol) {
	f.fixed(fieldID, c.ID[:])
	c.Kind = f.kind()
	c.Algorithm = Algorithm(f.octet(fieldAlgorithm))
	c.Party = f.text(fieldParty)
	f.fixed(fieldNonce, c.Challenge[:])
	c.Language = f.language()
	f.bad = f.bad || !c.Algorithm.valid()
	return c
}

func (f *fields) install() (c Install) {
	f.fixed(fieldID, c.ID[:])
	c.Kind = f.kind()
	f.fixed(fieldHash, c.KeyHash[:])
	f.fixed(fieldDigest, c.Certificate[:])
	return c
}

func (f *fields) confirm() (c Confirm) {
	s := &c.Statement
	f.fixed(fieldID, s.ID[:])
	s.Party = f.text(fieldParty)
	f.fixed(fieldNonce, s.Nonce[:])
	s.NotAfter = f.time(fieldNotAfter)
	s.Language = f.language()
	inner := within(f.next.Value)
	switch f.next.Tag {
	case fieldTransfer:
		s.Subject = inner.transfer()
	case fieldDocument:
		s.Subject = inner.document()
	case fieldLogin:
		s.Subject = Login{Challenge: bytes.Clone(inner.optional(fieldNonce))}
	}
	f.bad = f.bad || s.Subject == nil || !inner.done()
	f.advance()
	return c
}

func (f *fields) transfer() (t Transfer) {
	t.Order = f.text(transferOrder)
	t.PayeeName = f.text(transferPayee)
	t.PayeeAccount = f.text(transferAccount)
	t.Amount.Minor = int64(f.number(transferAmount, amountSize))
	t.Amount.Currency = f.text(transferCurrency)
	t.Memo = f.text(transferMemo)
	t.Time = f.time(transferTime)
	if f.next.Tag == transferCount {
		t.Batch = &Batch{Count: uint32(f.number(transferCount, 4))}
		f.fixed(transferList, t.Batch.List[:])
	}
	if f.next.Tag == transferReminder {
		f.fixed(transferReminder, nil)
		t.Reminder = true
	}
	return t
}

func (f *fields) document() (d Document) {
	d.Algorithm = HashAlgorithm(f.octet(fieldAlgorithm))
	d.Title = f.text(fieldText)
	d.Hash = bytes.Clone(f.optional(fieldHash))
	f.bad = f.bad || d.Algorithm.Size() == 0 || len(d.Hash) != d.Algorithm.Size()
	return d
}

func (f *fields) signHash() (c SignHash) {
	f.fixed(fieldID, c.ID[:])
	c.Kind = f.kind()
	c.Algorithm = HashAlgorithm(f.octet(fieldAlgorithm))
	c.Party = f.text(fieldParty)
	c.NotAfter = f.time(fieldNotAfter)
	c.Language = f.language()
	c.Text = f.text(fieldText)
	c.Hash = bytes.Clone(f.optional(fieldHash))
	f.bad = f.bad || c.Kind == KindTransaction || c.Algorithm.Size() == 0 || len(c.Hash) != c.Algorithm.Size()
	return c
}

func (f *fields) cancel() (c Cancel) {
	f.fixed(fieldID, c.ID[:])
	return c
}
