package smpp

import (
	"bytes"

	"simtrust/internal/sms"
)

// A field is a C-octet string: printable ASCII, then a NUL, which max counts.
type field struct {
	name   string
	max    int
	status Status
}

var (
	fieldSystemID     = field{"system_id", 16, StatusInvalidSystemID}
	fieldPassword     = field{"password", 9, StatusInvalidPassword}
	fieldSystemType   = field{"system_type", 13, StatusInvalidSystemType}
	fieldAddressRange = field{"address_range", 41, StatusBindFailed}
	fieldServiceType  = field{"service_type", 6, StatusInvalidServiceType}
	fieldSource       = field{"source_addr", 21, StatusInvalidSource}
	fieldDestination  = field{"destination_addr", 21, StatusInvalidDestination}
	fieldLongSource   = field{"source_addr", 65, StatusInvalidSource}
	fieldLongDest     = field{"destination_addr", 65, StatusInvalidDestination}
	fieldESME         = field{"esme_addr", 65, StatusInvalidDestination}
	fieldMessageID    = field{"message_id", 65, StatusInvalidMessageID}
	fieldFinalDate    = field{"final_date", 17, StatusInvalidExpiry}
	fieldSchedule     = field{"schedule_delivery_time", 17, StatusInvalidSchedule}
	fieldValidity     = field{"validity_period", 17, StatusInvalidExpiry}
)

const (
	fieldShortMessage = "short_message"
	fieldLength       = "command_length"

	maxShortMessage = 254
)

func (f *field) bad() error { return &FieldError{f.name, f.status} }

// cursor reads a body from its start. The first failure stays, and what is read after it is zero.
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

func (c *cursor) octets(n int) []byte {
	if n > len(c.rest) {
		c.fail(&FieldError{fieldLength, StatusInvalidCommandLength})
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) octet() byte {
	if len(c.rest) == 0 {
		c.octets(1)
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b
}

func (c *cursor) text(f *field) string {
	end := bytes.IndexByte(c.rest[:min(len(c.rest), f.max)], 0)
	if end < 0 || !printable(c.rest[:end]) {
		c.fail(f.bad())
		return ""
	}
	s := string(c.rest[:end])
	c.rest = c.rest[end+1:]
	return s
}

func (c *cursor) time(f *field) Time {
	t := Time(c.text(f))
	if !t.valid() {
		c.fail(f.bad())
		return ""
	}
	return t
}

func (c *cursor) address(f *field) sms.Address {
	return sms.Address{Type: sms.TypeOfNumber(c.octet()), Plan: sms.NumberingPlan(c.octet()), Value: c.text(f)}
}

// shortMessage reads the length and the octets.
func (c *cursor) shortMessage() []byte {
	n := int(c.octet())
	if c.err == nil && (n > maxShortMessage || n > len(c.rest)) {
		c.fail(&FieldError{fieldShortMessage, StatusInvalidMessageLength})
	}
	if n == 0 {
		return nil
	}
	return bytes.Clone(c.octets(n))
}

// options reads what is left.
func (c *cursor) options() Options {
	o := Options(c.rest)
	if err := o.check(); err != nil {
		c.fail(err)
		return nil
	}
	c.rest = nil
	if len(o) == 0 {
		return nil
	}
	return bytes.Clone(o)
}

// end returns the failure; octets that nothing has read are one.
func (c *cursor) end() error {
	if len(c.rest) > 0 {
		c.fail(&FieldError{fieldLength, StatusInvalidCommandLength})
	}
	return c.err
}

func printable[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// builder writes a body. The first failure stays.
type builder struct {
	octets []byte
	err    error
}

func (b *builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *builder) octet(o ...byte) { b.octets = append(b.octets, o...) }

func (b *builder) text(f *field, s string) {
	if len(s) >= f.max || !printable(s) {
		b.fail(f.bad())
		return
	}
	b.octets = append(append(b.octets, s...), 0)
}

func (b *builder) time(f *field, t Time) {
	if !t.valid() {
		b.fail(f.bad())
		return
	}
	b.text(f, string(t))
}

func (b *builder) address(f *field, a sms.Address) {
	b.octet(byte(a.Type), byte(a.Plan))
	b.text(f, a.Value)
}

func (b *builder) shortMessage(m []byte) {
	if len(m) > maxShortMessage {
		b.fail(&FieldError{fieldShortMessage, StatusInvalidMessageLength})
		return
	}
	b.octets = append(append(b.octets, byte(len(m))), m...)
}

func (b *builder) options(o Options) {
	if err := o.check(); err != nil {
		b.fail(err)
		return
	}
	b.octets = append(b.octets, o...)
}
