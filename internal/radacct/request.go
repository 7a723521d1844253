package radacct

import (
	"net/netip"
	"strconv"
	"time"
)

// Status is the value of Acct-Status-Type (RFC 2866 §5.1).
type Status uint32

// The statuses of a packet gateway.
const (
	Start         Status = 1
	Stop          Status = 2
	InterimUpdate Status = 3
	AccountingOn  Status = 7
	AccountingOff Status = 8
)

var statusNames = map[Status]string{
	Start: "Start", Stop: "Stop", InterimUpdate: "Interim-Update", AccountingOn: "Accounting-On", AccountingOff: "Accounting-Off",
}

// String returns the name that RFC 2866 gives, such as Interim-Update.
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return "Acct-Status-Type " + strconv.FormatUint(uint64(s), 10)
}

// Session reports whether the status is about one session, not about the whole NAS.
func (s Status) Session() bool { return s == Start || s == Stop || s == InterimUpdate }

// Request holds what an Accounting-Request says about a data session. The zero value of a field means that the attribute is
// absent.
type Request struct {
	Status Status
	// SessionID is Acct-Session-Id: printable UTF-8, required when Status is about one session.
	SessionID string
	// CallingStationID is the MSISDN as the NAS writes it, usually without a plus sign.
	CallingStationID string
	// IMSI is 3GPP-IMSI, 6 to 15 digits.
	IMSI string
	// IMEISV is 3GPP-IMEISV, 14 to 16 digits; the first 14 name the device, the last two of 16 its software.
	IMEISV string
	// IPv4 is Framed-IP-Address. The values 0.0.0.0, 255.255.255.254 and 255.255.255.255, which are no address, are absent.
	IPv4 netip.Addr
	// IPv6 is Framed-IPv6-Prefix.
	IPv6 netip.Prefix
	// Ports holds one IP-Port-Range attribute each.
	Ports []PortRange
	// Event is Event-Timestamp, in whole seconds.
	Event time.Time
	// Delay is Acct-Delay-Time, in whole seconds.
	Delay time.Duration
}

// PortRange is the part of a shared address that one subscriber uses behind carrier NAT (RFC 8045 §3.1.2).
type PortRange struct {
	// Protocol is the IANA protocol number, 6 for TCP; 0 is every transport.
	Protocol uint8
	// External is the public address; absent when the ranged address is the Framed-IP-Address itself.
	External netip.Addr
	// Low and High are both inside the range.
	Low, High uint16
	// Released says that the range was given back, not taken.
	Released bool
}
