package radacct

import (
	"errors"
	"fmt"

	"layeh.com/radius"
)

// 3GPP TS 29.061 §16.4.7: vendor 10415 and the sub-attributes used here.
const (
	vendor3GPP = 10415
	typeIMSI   = 1
	typeIMEISV = 20
)

// decodeVendor reads Vendor-Specific (RFC 2865 §5.26). Only 3GPP's is opened: other vendors need not follow the recommended
// layout of sub-attributes.
func decodeVendor(r *Request, v []byte) error {
	vendor, sub, err := radius.VendorSpecific(v)
	if err != nil {
		return errLength
	}
	if vendor != vendor3GPP {
		return nil
	}
	return eachTLV(sub, r.decode3GPP)
}

func (r *Request) decode3GPP(kind byte, v []byte) (err error) {
	switch kind {
	case typeIMSI:
		err = once(&r.IMSI, v, 6, 15)
		return named("3GPP-IMSI", err)
	case typeIMEISV:
		err = once(&r.IMEISV, v, 14, 16)
		return named("3GPP-IMEISV", err)
	default:
		return nil
	}
}

func once(field *string, v []byte, least, most int) (err error) {
	if *field != "" {
		return errRepeated
	}
	*field, err = digits(v, least, most)
	return err
}

func named(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// eachTLV calls do for every type, length, value triple of b; the length counts all three parts.
func eachTLV(b []byte, do func(kind byte, value []byte) error) error {
	for len(b) > 0 {
		if len(b) < 2 || b[1] < 2 || int(b[1]) > len(b) {
			return errors.New("sub-attribute overruns its attribute")
		}
		if err := do(b[0], b[2:b[1]]); err != nil {
			return err
		}
		b = b[b[1]:]
	}
	return nil
}

func vendorText(kind byte, value string) (radius.Attribute, error) {
	tlv, err := radius.NewTLV(kind, radius.Attribute(value))
	if err != nil {
		return nil, err
	}
	return radius.NewVendorSpecific(vendor3GPP, tlv)
}
