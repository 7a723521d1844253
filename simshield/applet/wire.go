package applet

import (
	"encoding/binary"
	"io"
	"time"

	"simtrust/internal/tlv"
)

// Tags of commands and of the response: constructed, of the private class.
const (
	tagResponse = 0xE0
	tagEnrol    = 0xE1
	tagInstall  = 0xE2
	tagConfirm  = 0xE3
	tagSignHash = 0xE4
	tagCancel   = 0xE5
)

// Tags within a command or response, in the order in which they stand.
const (
	fieldID        = 0x80
	fieldKind      = 0x81 // one octet; in a response the result
	fieldAlgorithm = 0x82 // one octet; in a response the tries left
	fieldParty     = 0x83
	fieldNonce     = 0x84 // or challenge, 16 octets
	fieldNotAfter  = 0x85 // seconds since 1970, in 5 octets
	fieldLanguage  = 0x86 // one octet; absent: Chinese
	fieldText      = 0x87
	fieldHash      = 0x88
	fieldDigest    = 0x89 // of a certificate
	fieldKey       = 0x8A
	fieldCode      = 0x8B
	fieldSignature = 0x8C
	fieldTransfer  = 0xAD
	fieldDocument  = 0xAE
	fieldLogin     = 0xAF
)

// Tags within a transfer. Those that are absent are empty.
const (
	transferOrder    = 0x80
	transferPayee    = 0x81
	transferAccount  = 0x82
	transferAmount   = 0x83 // minor units in 7 octets
	transferCurrency = 0x84
	transferMemo     = 0x85
	transferTime     = 0x86
	transferCount    = 0x87 // 4 octets
	transferList     = 0x88
	transferReminder = 0x89 // empty
)

const (
	timeSize   = 5
	amountSize = 7
)

func appendText(dst []byte, tag uint32, text string) []byte {
	if text == "" {
		return dst
	}
	return tlv.AppendBER(dst, tag, []byte(text))
}

// appendNumber appends a number in that many octets.
func appendNumber(dst []byte, tag uint32, n uint64, size int) []byte {
	var octets [8]byte
	binary.BigEndian.PutUint64(octets[:], n)
	return tlv.AppendBER(dst, tag, octets[8-size:])
}

func appendTime(dst []byte, tag uint32, at time.Time) []byte {
	return appendNumber(dst, tag, uint64(at.Unix()), timeSize)
}

func appendLanguage(dst []byte, l Language) []byte {
	if l == Chinese {
		return dst
	}
	return tlv.AppendBER(dst, fieldLanguage, []byte{byte(l)})
}

// fields reads elements in the order in which they are asked for. After one that is not as it must be, all is bad.
type fields struct {
	reader tlv.Reader
	next   tlv.Element // tag 0 at the end
	bad    bool
}

// open reads the one constructed element that data is.
func open(data []byte) (uint32, fields, bool) {
	r := tlv.BER(data).Minimal()
	e, err := r.Next()
	if err != nil {
		return 0, fields{}, false
	}
	_, err = r.Next()
	return e.Tag, within(e.Value), err == io.EOF
}

func within(value []byte) fields {
	f := fields{reader: tlv.BER(value).Minimal()}
	f.advance()
	return f
}

func (f *fields) advance() {
	e, err := f.reader.Next()
	f.next = e
	f.bad = f.bad || err != nil && err != io.EOF
}

// optional returns the value of the next element if it has that tag, nil otherwise.
func (f *fields) optional(tag uint32) []byte {
	if f.bad || f.next.Tag != tag {
		return nil
	}
	value := f.next.Value
	f.advance()
	return value
}

// fixed reads an element of just the length of out.
func (f *fields) fixed(tag uint32, out []byte) {
	if value := f.optional(tag); value == nil || len(value) != len(out) {
		f.bad = true
	} else {
		copy(out, value)
	}
}

// text reads an element that is absent where it would be empty.
func (f *fields) text(tag uint32) string {
	value := f.optional(tag)
	if value != nil && len(value) == 0 {
		f.bad = true
	}
	return string(value)
}

func (f *fields) octet(tag uint32) byte {
	var out [1]byte
	f.fixed(tag, out[:])
	return out[0]
}

func (f *fields) number(tag uint32, size int) uint64 {
	var out [8]byte
	f.fixed(tag, out[8-size:])
	return binary.BigEndian.Uint64(out[:])
}

func (f *fields) time(tag uint32) time.Time {
	return time.Unix(int64(f.number(tag, timeSize)), 0).UTC()
}

func (f *fields) language() Language {
	switch value := f.optional(fieldLanguage); {
	case value == nil:
		return Chinese
	case len(value) != 1 || value[0] == byte(Chinese) || words(Language(value[0])) == nil:
		f.bad = true
		return Chinese
	default:
		return Language(value[0])
	}
}

func (f *fields) kind() Kind {
	k := Kind(f.octet(fieldKind))
	f.bad = f.bad || !k.valid()
	return k
}

// done tells whether all was as it must be, and nothing is left.
func (f *fields) done() bool { return !f.bad && f.next.Tag == 0 }
