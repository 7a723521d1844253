package radacct

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
	"unicode"
	"unicode/utf8"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
)

// An attribute knows its name, whether it may occur more than once (RFC 2866 §5.13), and how to read its value.
type attribute struct {
	name    string
	repeats bool
	decode  func(*Request, []byte) error
}

var attributes = map[radius.Type]attribute{
	rfc2865.FramedIPAddress_Type:  {name: "Framed-IP-Address", decode: decodeIPv4},
	rfc2865.VendorSpecific_Type:   {name: "Vendor-Specific", repeats: true, decode: decodeVendor},
	rfc2865.CallingStationID_Type: {name: "Calling-Station-Id", decode: decodeCallingStation},
	rfc2866.AcctStatusType_Type:   {name: "Acct-Status-Type", decode: decodeStatus},
	rfc2866.AcctDelayTime_Type:    {name: "Acct-Delay-Time", decode: decodeDelay},
	rfc2866.AcctSessionID_Type:    {name: "Acct-Session-Id", decode: decodeSession},
	rfc2869.EventTimestamp_Type:   {name: "Event-Timestamp", decode: decodeEvent},
	rfc3162.FramedIPv6Prefix_Type: {name: "Framed-IPv6-Prefix", decode: decodeIPv6},
	extendedType1:                 {name: "Extended-Attribute-1", repeats: true, decode: decodeExtended},
}

var (
	errLength   = errors.New("wrong length")
	errText     = errors.New("not printable UTF-8")
	errRepeated = errors.New("occurs twice")
	errMissing  = errors.New("is missing")
	errValue    = errors.New("value out of range")
)

// Decode reads the attributes of an Accounting-Request. It skips attributes that it does not know.
func Decode(attrs radius.Attributes) (Request, error) {
	var r Request
	var seen [256]bool
	for _, a := range attrs {
		known, ok := attributes[a.Type]
		if !ok {
			continue
		}
		if seen[a.Type] && !known.repeats {
			return Request{}, fmt.Errorf("radacct: %s: %w", known.name, errRepeated)
		}
		seen[a.Type] = true
		if err := known.decode(&r, a.Attribute); err != nil {
			return Request{}, fmt.Errorf("radacct: %s: %w", known.name, err)
		}
	}
	if err := r.complete(); err != nil {
		return Request{}, err
	}
	return r, nil
}

// complete holds RFC 2866 §5.13: the status is required, and so is the session where the status is about one.
func (r Request) complete() error {
	switch {
	case r.Status == 0:
		return fmt.Errorf("radacct: Acct-Status-Type: %w", errMissing)
	case r.Status.Session() && r.SessionID == "":
		return fmt.Errorf("radacct: Acct-Session-Id: %w", errMissing)
	default:
		return nil
	}
}

func integer(v []byte) (uint32, error) {
	if len(v) != 4 {
		return 0, errLength
	}
	return binary.BigEndian.Uint32(v), nil
}

// text refuses what a store could not keep or a log line would be broken by: empty, not UTF-8, control characters.
func text(v []byte) (string, error) {
	if len(v) == 0 {
		return "", errLength
	}
	if !utf8.Valid(v) {
		return "", errText
	}
	s := string(v)
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return "", errText
		}
	}
	return s, nil
}

func digits(v []byte, least, most int) (string, error) {
	if len(v) < least || len(v) > most {
		return "", errLength
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return "", errors.New("not digits")
		}
	}
	return string(v), nil
}

func decodeStatus(r *Request, v []byte) error {
	n, err := integer(v)
	if err != nil {
		return err
	}
	if _, ok := statusNames[Status(n)]; !ok {
		return errValue
	}
	r.Status = Status(n)
	return nil
}

func decodeSession(r *Request, v []byte) (err error) {
	r.SessionID, err = text(v)
	return err
}

func decodeCallingStation(r *Request, v []byte) (err error) {
	r.CallingStationID, err = text(v)
	return err
}

func decodeDelay(r *Request, v []byte) error {
	n, err := integer(v)
	r.Delay = time.Duration(n) * time.Second
	return err
}

func decodeEvent(r *Request, v []byte) error {
	n, err := integer(v)
	if err == nil {
		r.Event = time.Unix(int64(n), 0).UTC()
	}
	return err
}

// decodeIPv4 reads Framed-IP-Address (RFC 2865 §5.8), whose two highest values let the user or the NAS choose.
func decodeIPv4(r *Request, v []byte) error {
	n, err := integer(v)
	if err == nil && n != 0 && n < 0xfffffffe {
		r.IPv4 = netip.AddrFrom4([4]byte(v))
	}
	return err
}

// decodeIPv6 reads Framed-IPv6-Prefix (RFC 3162 §2.3): a reserved octet, the length in bits, and at least the octets that
// hold these bits; bits beyond the length are zero.
func decodeIPv6(r *Request, v []byte) error {
	if len(v) < 2 || len(v) > 18 {
		return errLength
	}
	bits := int(v[1])
	if bits > 128 || len(v)-2 < (bits+7)/8 {
		return errLength
	}
	var octets [16]byte
	copy(octets[:], v[2:])
	prefix := netip.PrefixFrom(netip.AddrFrom16(octets), bits)
	if prefix != prefix.Masked() {
		return errors.New("bits set beyond the prefix length")
	}
	r.IPv6 = prefix
	return nil
}
