package radacct

import (
	"fmt"
	"net"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
	"layeh.com/radius/rfc3162"
)

// Attributes encodes r and leaves out absent fields. What it returns decodes to r again; a request that would not decode is an
// error.
func (r Request) Attributes() (radius.Attributes, error) {
	var attrs radius.Attributes
	attrs.Add(rfc2866.AcctStatusType_Type, radius.NewInteger(uint32(r.Status)))
	addText(&attrs, rfc2866.AcctSessionID_Type, r.SessionID)
	addText(&attrs, rfc2865.CallingStationID_Type, r.CallingStationID)
	if err := addVendor(&attrs, typeIMSI, r.IMSI); err != nil {
		return nil, named("radacct: 3GPP-IMSI", err)
	}
	if err := addVendor(&attrs, typeIMEISV, r.IMEISV); err != nil {
		return nil, named("radacct: 3GPP-IMEISV", err)
	}
	if err := r.addAddresses(&attrs); err != nil {
		return nil, err
	}
	if !r.Event.IsZero() {
		event, err := radius.NewDate(r.Event)
		if err != nil {
			return nil, named("radacct: Event-Timestamp", err)
		}
		attrs.Add(rfc2869.EventTimestamp_Type, event)
	}
	if r.Delay > 0 {
		attrs.Add(rfc2866.AcctDelayTime_Type, radius.NewInteger(uint32(r.Delay/time.Second)))
	}
	if _, err := Decode(attrs); err != nil {
		return nil, fmt.Errorf("cannot be sent: %w", err)
	}
	return attrs, nil
}

func (r Request) addAddresses(attrs *radius.Attributes) error {
	if r.IPv4.Is4() {
		octets := r.IPv4.As4()
		attrs.Add(rfc2865.FramedIPAddress_Type, octets[:])
	}
	if r.IPv6.IsValid() {
		octets := r.IPv6.Addr().As16()
		prefix, err := radius.NewIPv6Prefix(&net.IPNet{IP: octets[:], Mask: net.CIDRMask(r.IPv6.Bits(), 128)})
		if err != nil {
			return named("radacct: Framed-IPv6-Prefix", err)
		}
		attrs.Add(rfc3162.FramedIPv6Prefix_Type, prefix)
	}
	for _, p := range r.Ports {
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
