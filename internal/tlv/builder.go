package tlv

import "fmt"

const (
	// MaxValue is the most octets that a value may have.
	MaxValue = 1<<16 - 1

	maxTag  = 3
	longTag = 0x7F // the first octet of a COMPREHENSION-TLV tag of three octets
)

// AppendBER appends a BER-TLV whose value is the parts one after another. The tag is written as in [Element]. It panics where tag is
// not one or the value exceeds [MaxValue]: mistakes of the caller.
func AppendBER(dst []byte, tag uint32, value ...[]byte) []byte {
	return appendValue(appendBERTag(dst, tag), value)
}

// AppendBERFunc appends a BER-TLV whose value is what body appends. It panics as [AppendBER] does.
func AppendBERFunc(dst []byte, tag uint32, body func(dst []byte) []byte) []byte {
	return appendFunc(appendBERTag(dst, tag), body)
}

// AppendComprehension appends a COMPREHENSION-TLV whose value is the parts one after another; cr is its comprehension-required flag.
// It panics where tag is not of 0x01 to 0x7FFF or the value exceeds [MaxValue]: mistakes of the caller.
func AppendComprehension(dst []byte, tag uint32, cr bool, value ...[]byte) []byte {
	return appendValue(appendComprehensionTag(dst, tag, cr), value)
}

// AppendComprehensionFunc appends a COMPREHENSION-TLV whose value is what body appends. It panics as [AppendComprehension] does.
func AppendComprehensionFunc(dst []byte, tag uint32, cr bool, body func(dst []byte) []byte) []byte {
	return appendFunc(appendComprehensionTag(dst, tag, cr), body)
}

func appendBERTag(dst []byte, tag uint32) []byte {
	start := len(dst)
	switch {
	case tag > 0xFFFF:
		dst = append(dst, byte(tag>>16), byte(tag>>8), byte(tag))
	case tag > 0xFF:
		dst = append(dst, byte(tag>>8), byte(tag))
	default:
		dst = append(dst, byte(tag))
	}
	written := Reader{rest: dst[start:]}
	if e, rest, err := written.berTag(); err != nil || len(rest) > 0 || e.Tag != tag {
		panic(fmt.Sprintf("tlv: %#x is not a BER-TLV tag", tag))
	}
	return dst
}

func appendComprehensionTag(dst []byte, tag uint32, cr bool) []byte {
	var flag byte
	if cr {
		flag = 0x80
	}
	switch {
	case tag == 0 || tag > 0x7FFF:
		panic(fmt.Sprintf("tlv: %#x is not a COMPREHENSION-TLV tag", tag))
	case tag < longTag:
		return append(dst, byte(tag)|flag)
	default:
		return append(dst, longTag, byte(tag>>8)|flag, byte(tag))
	}
}

func appendValue(dst []byte, parts [][]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	dst = appendLength(dst, n)
	for _, p := range parts {
		dst = append(dst, p...)
	}
	return dst
}

// appendFunc leaves one octet for the length and moves the value where it needs more.
func appendFunc(dst []byte, body func([]byte) []byte) []byte {
	at := len(dst)
	dst = body(append(dst, 0))
	n := len(dst) - at - 1
	extra := lengthSize(n) - 1
	dst = append(dst, make([]byte, extra)...)
	copy(dst[at+1+extra:], dst[at+1:at+1+n])
	appendLength(dst[:at], n)
	return dst
}

func appendLength(dst []byte, n int) []byte {
	switch {
	case n > MaxValue:
		panic("tlv: the value is too long")
	case n > 0xFF:
		return append(dst, 0x82, byte(n>>8), byte(n))
	case n >= 0x80:
		return append(dst, 0x81, byte(n))
	default:
		return append(dst, byte(n))
	}
}

func lengthSize(n int) int {
	switch {
	case n > 0xFF:
		return 3
	case n >= 0x80:
		return 2
	default:
		return 1
	}
}
