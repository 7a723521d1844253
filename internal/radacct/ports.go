package radacct

import (
	"encoding/binary"
	"net/netip"

	"layeh.com/radius"
)

// RFC 8045 §3.1.2 and §3.2: IP-Port-Range is extended attribute 241.6 and holds these TLVs, each with a 4-octet value.
const (
	extendedType1 radius.Type = 241
	ipPortRange   byte        = 6

	tlvPortType  byte = 1
	tlvExternal  byte = 3
	tlvAlloc     byte = 8
	tlvPortStart byte = 9
	tlvPortEnd   byte = 10

	allocated   = 1
	deallocated = 2
)

// decodeExtended reads an attribute of the short extended format (RFC 6929 §2.1): one octet of extended type, then the value.
func decodeExtended(r *Request, v []byte) error {
	if len(v) < 2 {
		return errLength
	}
	if v[0] != ipPortRange {
		return nil
	}
	p, err := decodePorts(v[1:])
	if err != nil {
		return named("IP-Port-Range", err)
	}
	r.Ports = append(r.Ports, p)
	return nil
}

func decodePorts(b []byte) (PortRange, error) {
	var values [tlvPortEnd + 1]uint32
	var seen [tlvPortEnd + 1]bool
	err := eachTLV(b, func(kind byte, v []byte) error {
		switch kind {
		case tlvPortType, tlvExternal, tlvAlloc, tlvPortStart, tlvPortEnd:
		default:
			return nil
		}
		if seen[kind] {
			return errRepeated
		}
		seen[kind] = true
		n, err := integer(v)
		values[kind] = n
		return err
	})
	if err != nil {
		return PortRange{}, err
	}
	if !seen[tlvPortStart] || !seen[tlvPortEnd] {
		return PortRange{}, errMissing
	}
	// RFC 8045 requires IP-Port-Alloc; a gateway with fixed ranges that leaves it out can only mean that the range is held.
	if !seen[tlvAlloc] {
		values[tlvAlloc] = allocated
	}
	return newPortRange(values, seen[tlvExternal])
}

func newPortRange(values [tlvPortEnd + 1]uint32, external bool) (PortRange, error) {
	low, high, alloc := values[tlvPortStart], values[tlvPortEnd], values[tlvAlloc]
	if low > high || high > 0xffff || values[tlvPortType] > 0xff || alloc != allocated && alloc != deallocated {
		return PortRange{}, errValue
	}
	p := PortRange{Protocol: uint8(values[tlvPortType]), Low: uint16(low), High: uint16(high), Released: alloc == deallocated}
	if external {
		var octets [4]byte
		binary.BigEndian.PutUint32(octets[:], values[tlvExternal])
		p.External = netip.AddrFrom4(octets)
	}
	return p, nil
}

func (p PortRange) encode() radius.Attribute {
	alloc := uint32(allocated)
	if p.Released {
		alloc = deallocated
	}
	b := radius.Attribute{ipPortRange}
	b = appendTLV(b, tlvAlloc, alloc)
	b = appendTLV(b, tlvPortStart, uint32(p.Low))
	b = appendTLV(b, tlvPortEnd, uint32(p.High))
	if p.Protocol != 0 {
		b = appendTLV(b, tlvPortType, uint32(p.Protocol))
	}
	if p.External.IsValid() {
		octets := p.External.As4()
		b = appendTLV(b, tlvExternal, binary.BigEndian.Uint32(octets[:]))
	}
	return b
}

func appendTLV(b radius.Attribute, kind byte, value uint32) radius.Attribute {
	return binary.BigEndian.AppendUint32(append(b, kind, 6), value)
}
