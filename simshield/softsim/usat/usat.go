package usat

import (
	"errors"
	"io"
	"slices"

	"simtrust/internal/tlv"
)

var (
	// ErrMalformed says that octets are not what they should be.
	ErrMalformed = errors.New("usat: malformed")
	// ErrBeyond says that a command is well formed and not known, or has an element that must be comprehended and is not.
	ErrBeyond = errors.New("usat: beyond capabilities")
	// ErrLength says that a command does not fit the answer to one FETCH.
	ErrLength = errors.New("usat: too long")
)

// BER tags (ETSI TS 101 220 §7.2).
const (
	tagProactive = 0xd0
	tagDownload  = 0xd1
)

// COMPREHENSION-TLV tags.
const (
	tagDetails        = 0x01
	tagDevices        = 0x02
	tagResult         = 0x03
	tagAddress        = 0x06
	tagTPDU           = 0x0b
	tagText           = 0x0d
	tagResponseLength = 0x11
)

// devices (ETSI TS 102 223 §8.7).
const (
	deviceDisplay = 0x02
	deviceUICC    = 0x81
	deviceME      = 0x82
	deviceNetwork = 0x83
)

// Type is the kind of a command.
type Type byte

// The commands.
const (
	SendSMS     Type = 0x13
	DisplayText Type = 0x21
	GetInput    Type = 0x23
)

// Details name a command in its answer.
type Details struct {
	Number    byte
	Type      Type
	Qualifier byte
}

func (d Details) append(dst []byte) []byte {
	return tlv.AppendComprehension(dst, tagDetails, true, []byte{d.Number, byte(d.Type), d.Qualifier})
}

func appendDevices(dst []byte, from, to byte) []byte {
	return tlv.AppendComprehension(dst, tagDevices, true, []byte{from, to})
}

// only reads octets that are one BER-TLV and nothing more.
func only(octets []byte) (tlv.Element, error) {
	r := tlv.BER(octets)
	e, err := r.Next()
	if err != nil {
		return tlv.Element{}, ErrMalformed
	}
	if _, err := r.Next(); err != io.EOF {
		return tlv.Element{}, ErrMalformed
	}
	return e, nil
}

// fields are the elements of a message by their tags. An element that must be comprehended and is not in known, or one that is
// there twice, is an error.
type fields map[uint32][]byte

func parseFields(octets []byte, known ...uint32) (fields, error) {
	f := fields{}
	r := tlv.Comprehension(octets)
	for {
		e, err := r.Next()
		switch {
		case err == io.EOF:
			return f, nil
		case err != nil:
			return nil, ErrMalformed
		case !slices.Contains(known, e.Tag):
			if e.CR {
				return nil, ErrBeyond
			}
			continue
		case f[e.Tag] != nil:
			return nil, ErrMalformed
		}
		f[e.Tag] = e.Value
	}
}

func (f fields) details() (Details, error) {
	v := f[tagDetails]
	if len(v) != 3 {
		return Details{}, ErrMalformed
	}
	return Details{Number: v[0], Type: Type(v[1]), Qualifier: v[2]}, nil
}

// between holds the device identities against a direction.
func (f fields) between(from byte, to ...byte) error {
	if v := f[tagDevices]; len(v) != 2 || v[0] != from || !slices.Contains(to, v[1]) {
		return ErrMalformed
	}
	return nil
}
