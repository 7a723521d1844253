package radacct

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
)

// Attributes encodes r and leaves out absent fields; times lose their fraction of a second. What it returns decodes to r again; a
// request that would not is an error.
func (r Request) Attributes() (radius.Attributes, error) {
	var attrs radius.Attributes
	attrs.Add(rfc2866.AcctStatusType_Type, radius.NewInteger(uint32(r.Status)))
	addText(&attrs, rfc2866.AcctSessionID_Type, r.SessionID)
	addText(&attrs, rfc2865.CallingStationID_Type, r.CallingStationID)
	err := errors.Join(
		named("3GPP-IMSI", addVendor(&attrs, typeIMSI, r.IMSI)),
		named("3GPP-IMEISV", addVendor(&attrs, typeIMEISV, r.IMEISV)),
		named("Framed-IP-Address", addIPv4(&attrs, r.IPv4)),
		named("Framed-IPv6-Prefix", addIPv6(&attrs, r.IPv6)),
		named("Event-Timestamp", addEvent(&attrs, r.Event)),
		named("Acct-Delay-Time", addDelay(&attrs, r.Delay)),
		named("IP-Port-Range", addPorts(&attrs, r.Ports)),
	)
	if err == nil {
		_, err = radius.AttributesEncodedLen(attrs)
	}
	if err == nil {
		_, err = Decode(attrs)
	}
	if err != nil {
		return nil, fmt.Errorf("radacct: request cannot be encoded: %w", err)
	}
	return attrs, nil
}

func addIPv4(attrs *radius.Attributes, addr netip.Addr) error {
	if !addr.IsValid() {
		return nil
	}
	if !addr.Is4() {
		return errValue
	}
	octets := addr.As4()
	attrs.Add(rfc2865.FramedIPAddress_Type, octets[:])
	return nil
}

func addIPv6(attrs *radius.Attributes, p netip.Prefix) error {
	if !p.IsValid() {
		return nil
	}
	if !p.Addr().Is6() {
		return errValue
	}
	octets := p.Addr().As16()
	a, err := radius.NewIPv6Prefix(&net.IPNet{IP: octets[:], Mask: net.CIDRMask(p.Bits(), 128)})
	attrs.Add(rfc3162.FramedIPv6Prefix_Type, a)
	return err
}

func addEvent(attrs *radius.Attributes, event time.Time) error {
	if event.IsZero() {
		return nil
	}
	return addSeconds(attrs, rfc2869.EventTimestamp_Type, event.Unix())
}

func addDelay(attrs *radius.Attributes, delay time.Duration) error {
	if delay == 0 {
		return nil
	}
	return addSeconds(attrs, rfc2866.AcctDelayTime_Type, int64(delay/time.Second))
}

func addSeconds(attrs *radius.Attributes, kind radius.Type, seconds int64) error {
	if seconds < 0 || seconds > math.MaxUint32 {
		return errValue
	}
	attrs.Add(kind, radius.NewInteger(uint32(seconds)))
	return nil
}

func addPorts(attrs *radius.Attributes, ranges []PortRange) error {
	for _, p := range ranges {
		if p.External.IsValid() && !p.External.Is4() {
			return errValue
		}
		attrs.Add(extendedType1, p.encode())
	}
	return nil
}

func addText(attrs *radius.Attributes, kind radius.Type, s string) {
	if s != "" {
		attrs.Add(kind, radius.Attribute(s))
	}
}

func addVendor(attrs *radius.Attributes, kind byte, s string) error {
	if s == "" {
		return nil
	}
	a, err := vendorText(kind, s)
	if err != nil {
		return err
	}
	attrs.Add(rfc2865.VendorSpecific_Type, a)
	return nil
}
