package sms

// maxUserData is the room of a TPDU for user data in octets, the header included (3GPP TS 23.040 §9.2.3.24).
const maxUserData = 140

// UserData is the content of a TPDU.
type UserData struct {
	Header Header
	// Body is as the [Alphabet] of the [DCS] says: one septet an octet for [GSM7], else octets.
	Body []byte
}

// append appends the length (TP-UDL) and the user data.
func (u UserData) append(dst []byte, dcs DCS) ([]byte, error) {
	switch {
	case !u.Header.Valid():
		return nil, ErrHeader
	case len(u.Body) > room(dcs.Alphabet(), len(u.Header)):
		return nil, ErrLength
	case dcs.Alphabet() != GSM7:
		dst = append(dst, byte(len(u.Header)+len(u.Body)))
		dst = append(dst, u.Header...)
		return append(dst, u.Body...), nil
	}
	for _, s := range u.Body {
		if s > 0x7F {
			return nil, ErrText
		}
	}
	in, fill := headerSeptets(len(u.Header))
	dst = append(dst, byte(in+len(u.Body)))
	dst = append(dst, u.Header...)
	return AppendPacked(dst, u.Body, fill), nil
}

// headerSeptets returns how many septets a header takes and the bits that fill the last of them.
func headerSeptets(octets int) (n, fill int) {
	n = (8*octets + 6) / 7
	return n, 7*n - 8*octets
}

// room returns how many units of an alphabet a TPDU holds beside a header.
func room(a Alphabet, header int) int {
	switch a {
	case GSM7:
		return (maxUserData - header) * 8 / 7
	case UCS2:
		return (maxUserData - header) &^ 1
	default:
		return maxUserData - header
	}
}

// userData reads the length and the user data, which end the TPDU.
func (c *cursor) userData(dcs DCS, hasHeader bool) UserData {
	length := int(c.octet())
	octets := length
	if dcs.Alphabet() == GSM7 {
		octets = (7*length + 7) / 8
	}
	if octets > maxUserData {
		c.fail(ErrLength)
	}
	field := c.octets(octets)
	if c.err != nil {
		return UserData{}
	}
	var u UserData
	if hasHeader {
		u.Header = c.header(field)
	}
	u.Body = c.body(field, len(u.Header), dcs.Alphabet(), length)
	return u
}

func (c *cursor) header(field []byte) Header {
	if len(field) == 0 || 1+int(field[0]) > len(field) {
		c.fail(ErrHeader)
		return nil
	}
	h := Header(field[: 1+int(field[0]) : 1+int(field[0])])
	if !h.Valid() {
		c.fail(ErrHeader)
		return nil
	}
	return h
}

func (c *cursor) body(field []byte, header int, a Alphabet, length int) []byte {
	if a != GSM7 {
		return field[header:]
	}
	in, fill := headerSeptets(header)
	if in > length {
		c.fail(ErrHeader)
		return nil
	}
	body, err := AppendUnpacked(make([]byte, 0, length-in), field[header:], fill, length-in)
	if err != nil {
		c.fail(err)
	}
	return body
}
