package sms

// cursor reads a TPDU from its start. The first failure stays, and what is read after it is zero.
type cursor struct {
	rest []byte
	err  error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.rest = nil
}

// octets returns the next n octets, or nil.
func (c *cursor) octets(n int) []byte {
	if c.err != nil || n > len(c.rest) {
		c.fail(ErrTruncated)
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) octet() byte {
	if b := c.octets(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) timestamp() (t Timestamp) {
	copy(t[:], c.octets(len(t)))
	return t
}

// first reads the first octet and holds its message type.
func (c *cursor) first(want byte) flags {
	f := flags(c.octet())
	if c.err == nil && byte(f)&typeMask != want {
		c.fail(ErrType)
	}
	return f
}

// end returns the failure; octets that nothing has read are one.
func (c *cursor) end() error {
	if len(c.rest) > 0 {
		c.fail(ErrTrailing)
	}
	return c.err
}

// typeMask are the bits of the message type (TP-MTI). Types repeat: the direction tells them apart.
const typeMask = 0x03

const (
	typeDeliver = 0x00 // to the mobile; from it: a report of it
	typeSubmit  = 0x01 // from the mobile; to it: a report of it
	typeCommand = 0x02 // from the mobile; to it: a status report
)

// flags is the first octet of a TPDU.
type flags byte

// The bits of the first octet. Some have one meaning to the mobile and another from it.
const (
	flagNoMore     flags = 0x04 // to the mobile: TP-MMS
	flagReject     flags = 0x04 // from the mobile: TP-RD
	flagLoop       flags = 0x08
	flagReport     flags = 0x20 // TP-SRI, TP-SRR, TP-SRQ
	flagHeader     flags = 0x40
	flagReplyPath  flags = 0x80
	validityShift        = 3
	validityFormat flags = 0x18
)

func (f flags) has(bit flags) bool { return f&bit != 0 }

func (f flags) with(bit flags, set bool) flags {
	if set {
		return f | bit
	}
	return f
}
