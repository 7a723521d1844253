package tlv

import (
	"errors"
	"io"
)

// Errors of reading.
var (
	ErrTruncated  = errors.New("tlv: the octets end within an element")
	ErrTag        = errors.New("tlv: not a tag")
	ErrLength     = errors.New("tlv: a length of this form is not allowed")
	ErrNotMinimal = errors.New("tlv: more octets than the length or the tag needs")
	ErrMissing    = errors.New("tlv: the element is missing")
)

// Element is one data object.
type Element struct {
	// Tag is, of a BER-TLV, its one to three octets as one number: 0xD1, 0x7F21, 0xDF8101. Of a COMPREHENSION-TLV it is the tag value
	// without the flag: 0x01 to 0x7E, or up to 0x7FFF in three octets.
	Tag uint32
	// CR is the comprehension-required flag of a COMPREHENSION-TLV.
	CR bool
	// Value is part of the octets read.
	Value []byte
}

// Reader reads elements one after another. A copy of it reads on from the same place.
type Reader struct {
	rest          []byte
	comprehension bool
	minimal       bool
}

// BER returns a reader of BER-TLVs.
func BER(data []byte) Reader { return Reader{rest: data} }

// Comprehension returns a reader of COMPREHENSION-TLVs.
func Comprehension(data []byte) Reader { return Reader{rest: data, comprehension: true} }

// Minimal returns the reader that also refuses lengths and COMPREHENSION-TLV tags in more octets than they need.
func (r Reader) Minimal() Reader {
	r.minimal = true
	return r
}

// Next returns the next element, and [io.EOF] at the end. After another error the reader stays where it is.
func (r *Reader) Next() (Element, error) {
	if len(r.rest) == 0 {
		return Element{}, io.EOF
	}
	e, rest, err := r.tag()
	if err != nil {
		return Element{}, err
	}
	n, rest, err := r.length(rest)
	if err != nil {
		return Element{}, err
	}
	if n > len(rest) {
		return Element{}, ErrTruncated
	}
	e.Value, r.rest = rest[:n:n], rest[n:]
	return e, nil
}

// Find reads on until the element of a tag and returns it. Where there is none it returns [ErrMissing].
func (r *Reader) Find(tag uint32) (Element, error) {
	for {
		e, err := r.Next()
		switch {
		case err == io.EOF:
			return Element{}, ErrMissing
		case err != nil || e.Tag == tag:
			return e, err
		}
	}
}

func (r *Reader) tag() (Element, []byte, error) {
	if r.comprehension {
		return r.comprehensionTag()
	}
	return r.berTag()
}

// berTag reads a tag of one octet, or of two or three where the low five bits of the first are set and the high bit of the second
// says whether a third follows (ISO/IEC 7816-4 §5.2.2.1). 00 and FF are no tags: cards pad with them.
func (r *Reader) berTag() (Element, []byte, error) {
	first := r.rest[0]
	if first == 0x00 || first == 0xFF {
		return Element{}, nil, ErrTag
	}
	if first&0x1F != 0x1F {
		return Element{Tag: uint32(first)}, r.rest[1:], nil
	}
	tag := uint32(first)
	for i := 1; i < len(r.rest) && i < maxTag; i++ {
		o := r.rest[i]
		tag = tag<<8 | uint32(o)
		if i == 1 && o == 0x80 {
			return Element{}, nil, ErrTag
		}
		if o&0x80 == 0 {
			return Element{Tag: tag}, r.rest[i+1:], nil
		}
	}
	if len(r.rest) < maxTag {
		return Element{}, nil, ErrTruncated
	}
	return Element{}, nil, ErrTag
}

// comprehensionTag reads a tag of one octet, or 7F and two more (ETSI TS 101 220 §7.1.2).
func (r *Reader) comprehensionTag() (Element, []byte, error) {
	switch first := r.rest[0]; {
	case first == 0x00 || first == 0x80 || first == 0xFF:
		return Element{}, nil, ErrTag
	case first != longTag:
		return Element{Tag: uint32(first & 0x7F), CR: first&0x80 != 0}, r.rest[1:], nil
	case len(r.rest) < maxTag:
		return Element{}, nil, ErrTruncated
	}
	tag := uint32(r.rest[1]&0x7F)<<8 | uint32(r.rest[2])
	switch {
	case tag == 0:
		return Element{}, nil, ErrTag
	case r.minimal && tag < longTag:
		return Element{}, nil, ErrNotMinimal
	}
	return Element{Tag: tag, CR: r.rest[1]&0x80 != 0}, r.rest[maxTag:], nil
}

// length reads a length of one octet, of 81 and one, or of 82 and two.
func (r *Reader) length(b []byte) (int, []byte, error) {
	switch {
	case len(b) == 0:
		return 0, nil, ErrTruncated
	case b[0] < 0x80:
		return int(b[0]), b[1:], nil
	case b[0] != 0x81 && b[0] != 0x82:
		return 0, nil, ErrLength
	}
	size := 1 + int(b[0]&0x7F)
	if len(b) < size {
		return 0, nil, ErrTruncated
	}
	n := 0
	for _, o := range b[1:size] {
		n = n<<8 | int(o)
	}
	if r.minimal && lengthSize(n) < size {
		return 0, nil, ErrNotMinimal
	}
	return n, b[size:], nil
}
