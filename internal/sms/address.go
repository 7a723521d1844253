package sms

import (
	"fmt"
	"io"
	"strings"
)

// TypeOfNumber is the type of an address (3GPP TS 23.040 §9.1.2.5).
type TypeOfNumber byte

// Types of numbers.
const (
	UnknownNumber TypeOfNumber = iota
	International
	National
	NetworkSpecific
	Subscriber
	Alphanumeric
	Abbreviated
)

// NumberingPlan is the plan that a number belongs to (3GPP TS 23.040 §9.1.2.5).
type NumberingPlan byte

// Numbering plans.
const (
	UnknownPlan NumberingPlan = 0
	E164        NumberingPlan = 1
	Private     NumberingPlan = 9
)

// Address is a party of a short message. It prints as a word.
type Address struct {
	Type TypeOfNumber
	Plan NumberingPlan
	// Value is up to 20 of 0-9 * # a b c, without a plus sign; where Type is [Alphanumeric] a text of up to 11 septets.
	Value string
}

// Global returns an address of the international plan as + and digits. Where no type is stated it is taken for one; of any other type, and
// without a value, it is empty.
func (a Address) Global() string {
	if a.Type != International && a.Type != UnknownNumber || a.Value == "" {
		return ""
	}
	return "+" + strings.TrimPrefix(a.Value, "+")
}

// Format writes a word in place of the address.
func (Address) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "address") }

const (
	semiOctets     = "0123456789*#abc"
	filler         = 0x0F
	maxSemiOctets  = 20
	maxTextSeptets = maxSemiOctets * 4 / 7
	notExtended    = 0x80
)

// append appends the address field: the number of semi-octets, the type, and the value (3GPP TS 23.040 §9.1.2.5).
func (a Address) append(dst []byte) ([]byte, error) {
	if a.Type > 7 || a.Plan > 15 {
		return nil, ErrAddress
	}
	kind := notExtended | byte(a.Type)<<4 | byte(a.Plan)
	if a.Type == Alphanumeric {
		return a.appendText(dst, kind)
	}
	if len(a.Value) > maxSemiOctets {
		return nil, ErrAddress
	}
	dst = append(dst, byte(len(a.Value)), kind)
	for i := range len(a.Value) {
		s := strings.IndexByte(semiOctets, a.Value[i])
		if s < 0 {
			return nil, ErrAddress
		}
		if i%2 == 0 {
			dst = append(dst, filler<<4|byte(s))
		} else {
			dst[len(dst)-1] = dst[len(dst)-1]&filler | byte(s)<<4
		}
	}
	return dst, nil
}

func (a Address) appendText(dst []byte, kind byte) ([]byte, error) {
	if len(a.Value) > 4*maxTextSeptets {
		return nil, ErrAddress
	}
	var buf [2 * 4 * maxTextSeptets]byte
	text, err := GSM7.Append(buf[:0], a.Value)
	if err != nil || len(text) > maxTextSeptets {
		return nil, ErrAddress
	}
	dst = append(dst, byte((7*len(text)+3)/4), kind)
	return AppendPacked(dst, text, 0), nil
}

// address reads an address field.
func (c *cursor) address() Address {
	n, kind := int(c.octet()), c.octet()
	if c.err == nil && (n > maxSemiOctets || kind&notExtended == 0) {
		c.fail(ErrAddress)
	}
	value := c.octets((n + 1) / 2)
	if c.err != nil {
		return Address{}
	}
	a := Address{Type: TypeOfNumber(kind >> 4 & 7), Plan: NumberingPlan(kind & 15)}
	var err error
	if a.Type == Alphanumeric {
		a.Value, err = addressText(value, n)
	} else {
		a.Value, err = digits(value, n)
	}
	if err != nil {
		c.fail(ErrAddress)
		return Address{}
	}
	return a
}

func addressText(packed []byte, semiOctets int) (string, error) {
	text, err := AppendUnpacked(make([]byte, 0, maxTextSeptets), packed, 0, semiOctets*4/7)
	if err != nil {
		return "", err
	}
	return GSM7.Text(text)
}

func digits(value []byte, n int) (string, error) {
	var buf [maxSemiOctets]byte
	for i := range n {
		s := value[i/2] >> (i % 2 * 4) & filler
		if int(s) >= len(semiOctets) {
			return "", ErrAddress
		}
		buf[i] = semiOctets[s]
	}
	if n%2 == 1 && value[n/2]>>4 != filler {
		return "", ErrAddress
	}
	return string(buf[:n]), nil
}
