package sms

// escape leads to the extension table.
const escape = 0x1B

// defaultAlphabet is the GSM 7 bit default alphabet by septet (3GPP TS 23.038 §6.2.1).
var defaultAlphabet = [128]rune([]rune("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"))

// extension is the extension table by the septet after the escape (3GPP TS 23.038 §6.2.1.1).
var extension = [128]rune{0x0A: '\f', 0x14: '^', 0x28: '{', 0x29: '}', 0x2F: '\\', 0x3C: '[', 0x3D: '~', 0x3E: ']', 0x40: '|', 0x65: '€'}

// septets holds both tables by character; those of the extension carry a mark.
var septets = func() map[rune]byte {
	m := make(map[rune]byte, len(defaultAlphabet)+len(extension))
	for s, r := range defaultAlphabet {
		m[r] = byte(s)
	}
	for s, r := range extension {
		if r != 0 {
			m[r] = byte(s) | extended
		}
	}
	delete(m, escape)
	return m
}()

const extended = 0x80

func appendGSM7(dst []byte, text string) ([]byte, error) {
	for _, r := range text {
		s, ok := septets[r]
		if !ok {
			return nil, ErrAlphabet
		}
		if s&extended != 0 {
			dst = append(dst, escape)
		}
		dst = append(dst, s&^extended)
	}
	return dst, nil
}

// gsm7Text reads septets. What the extension table does not have stands for the character of the default alphabet, and an escape
// that leads nowhere for a space, as the standard asks of a receiver.
func gsm7Text(body []byte) (string, error) {
	text := make([]rune, 0, len(body))
	for i := 0; i < len(body); i++ {
		if body[i] > 0x7F {
			return "", ErrText
		}
		if body[i] != escape {
			text = append(text, defaultAlphabet[body[i]])
			continue
		}
		i++
		r, err := extensionRune(body[i:])
		if err != nil {
			return "", err
		}
		text = append(text, r)
	}
	return string(text), nil
}

func extensionRune(rest []byte) (rune, error) {
	switch {
	case len(rest) == 0 || rest[0] == escape:
		return ' ', nil
	case rest[0] > 0x7F:
		return 0, ErrText
	case extension[rest[0]] != 0:
		return extension[rest[0]], nil
	default:
		return defaultAlphabet[rest[0]], nil
	}
}

// AppendPacked packs septets, one an octet, into octets after fill bits of zero (3GPP TS 23.038 §6.1.2.1).
func AppendPacked(dst, septets []byte, fill int) []byte {
	bits, held := uint(0), fill
	for _, s := range septets {
		bits |= uint(s&0x7F) << held
		for held += 7; held >= 8; held -= 8 {
			dst = append(dst, byte(bits))
			bits >>= 8
		}
	}
	if held > 0 {
		dst = append(dst, byte(bits))
	}
	return dst
}

// AppendUnpacked appends n septets, one an octet, that packed holds after fill bits. It fails with [ErrTruncated].
func AppendUnpacked(dst, packed []byte, fill, n int) ([]byte, error) {
	if n < 0 || fill+7*n > 8*len(packed) {
		return nil, ErrTruncated
	}
	for bit := fill; n > 0; n, bit = n-1, bit+7 {
		s := uint(packed[bit/8])
		if bit%8 > 1 {
			s |= uint(packed[bit/8+1]) << 8
		}
		dst = append(dst, byte(s>>(bit%8))&0x7F)
	}
	return dst, nil
}
