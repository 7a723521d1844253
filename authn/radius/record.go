package radius

import (
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/radacct"
)

// Status says what a record reports.
type Status = radacct.Status

// The statuses: three about one session, two about all sessions of the NAS.
const (
	Start         = radacct.Start
	Stop          = radacct.Stop
	InterimUpdate = radacct.InterimUpdate
	AccountingOn  = radacct.AccountingOn
	AccountingOff = radacct.AccountingOff
)

// Record is one authentic accounting record.
type Record struct {
	// NAS and Realm are the configured names.
	NAS   string
	Realm string
	// Status is one of the five above.
	Status Status
	// SessionID is unique within the NAS; empty at most under AccountingOn and AccountingOff.
	SessionID string
	// Number is the subscriber's, zero when the NAS sent none.
	Number simtrust.Number
	// IMSI is 6 to 15 digits, IMEISV 14 to 16; empty when the NAS sent none.
	IMSI, IMEISV string
	// IPv4 belongs to the session alone; it is zero when the session has only a port range of it.
	IPv4 netip.Addr
	// IPv6 is a /64, zero when the session has none.
	IPv6 netip.Prefix
	// Ports is the range of a shared address that the session holds behind carrier NAT, zero when it reports none.
	Ports PortRange
	// Released is a range that the session gave back with this record, zero when none.
	Released PortRange
	// At is the time of the event: Event-Timestamp in whole seconds, else arrival less Acct-Delay-Time; never after that, and so
	// never after Received.
	At time.Time
	// Received is the time of arrival.
	Received time.Time
}

// PortRange is the range Low to High, both included, of an address that several sessions share (RFC 8045).
type PortRange struct {
	Addr      netip.Addr
	Low, High uint16
}

// IsZero reports whether p is no range.
func (p PortRange) IsZero() bool { return p == PortRange{} }

// LogValue shows what identifies no subscriber but the masked number.
func (r Record) LogValue() slog.Value {
	return slog.GroupValue(slog.String("nas", r.NAS), slog.String("status", r.Status.String()),
		slog.String("session", r.SessionID), slog.Any("number", r.Number), slog.Time("at", r.At))
}

const protocolTCP = 6

var (
	errNumber = errors.New("radius: Calling-Station-Id is not an E.164 number")
	errPrefix = errors.New("radius: Framed-IPv6-Prefix is wider than /64")
	errShared = errors.New("radius: IP-Port-Range without an address")
	errRanges = errors.New("radius: more than one IP-Port-Range held or released")
)

func newRecord(nas NAS, req radacct.Request, received time.Time) (Record, error) {
	r := Record{NAS: nas.Name, Realm: nas.Realm, Status: req.Status, SessionID: req.SessionID,
		IMSI: req.IMSI, IMEISV: req.IMEISV, IPv4: req.IPv4, Received: received, At: eventTime(req, received)}
	if req.CallingStationID != "" {
		n, err := simtrust.ParseNumber("+" + strings.TrimPrefix(req.CallingStationID, "+"))
		if err != nil {
			return Record{}, errNumber
		}
		r.Number = n
	}
	if err := r.setPrefix(req.IPv6); err != nil {
		return Record{}, err
	}
	if err := r.setPorts(req.Ports); err != nil {
		return Record{}, err
	}
	return r, nil
}

// eventTime never lies after the first sending: a NAS whose clock is ahead must not shut out the records that follow, nor bring a
// session back by repeating its Start. The delay is counted in whole seconds, so one more is allowed.
func eventTime(req radacct.Request, received time.Time) time.Time {
	sent := received.Add(-req.Delay)
	if req.Event.IsZero() || req.Event.After(received) || req.Event.After(sent.Add(time.Second)) {
		return sent
	}
	return req.Event
}

// setPrefix normalises to /64, the unit that a mobile network gives to one session (3GPP TS 23.401 §5.3.1.2.2). A wider prefix
// would hold addresses that no look-up finds.
func (r *Record) setPrefix(p netip.Prefix) error {
	if !p.IsValid() {
		return nil
	}
	if p.Bits() < 64 {
		return errPrefix
	}
	r.IPv6 = netip.PrefixFrom(p.Addr(), 64).Masked()
	return nil
}

// setPorts keeps the one range held and the one given back. Ranges of other transports than TCP carry no HTTP request, but they
// too show that their address is shared.
func (r *Record) setPorts(ranges []radacct.PortRange) error {
	framed := r.IPv4
	for _, p := range ranges {
		addr := p.External
		if !addr.IsValid() {
			addr = framed
		}
		if !addr.IsValid() {
			return errShared
		}
		if addr == framed {
			r.IPv4 = netip.Addr{}
		}
		if p.Protocol != 0 && p.Protocol != protocolTCP {
			continue
		}
		field := &r.Ports
		if p.Released {
			field = &r.Released
		}
		if !field.IsZero() {
			return errRanges
		}
		*field = PortRange{Addr: addr, Low: p.Low, High: p.High}
	}
	return nil
}
