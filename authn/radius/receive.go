package radius

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/netip"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"

	"simtrust/internal/radacct"
)

// headerLength is that of code, identifier, length and authenticator (RFC 2865 §3).
const headerLength = 20

type sender func(response []byte, to netip.AddrPort)

// A request is one authentic Accounting-Request and where its response goes.
type request struct {
	packet   []byte
	nas      NAS
	from     netip.AddrPort
	received time.Time
	send     sender
}

// receive checks one datagram and hands a fresh request to a goroutine of its own, unless too many are under way.
func (s *Server) receive(ctx context.Context, datagram []byte, from netip.AddrPort, send sender) {
	nas, ok := s.nases.find(from.Addr())
	if !ok {
		s.count("", UnknownNAS)
		return
	}
	packet, fault := authenticate(datagram, nas.Secret)
	if fault != "" {
		s.count(nas.Name, fault)
		return
	}
	q := request{packet: packet, nas: nas, from: from, received: s.now(), send: send}
	switch s.exchanges.begin(q.exchange(), q.received) {
	case underWay:
		s.count(nas.Name, UnderWay)
	case done:
		s.count(nas.Name, s.replay(q))
	default:
		s.accept(ctx, q)
	}
}

// authenticate returns the packet without padding, or why it must be dropped. The order keeps an unauthenticated sender from
// reaching any parser of attributes.
func authenticate(datagram, secret []byte) (packet []byte, fault Outcome) {
	if len(datagram) < headerLength {
		return nil, Malformed
	}
	length := int(binary.BigEndian.Uint16(datagram[2:4]))
	if length < headerLength || length > len(datagram) || length > radius.MaxPacketLength {
		return nil, Malformed
	}
	packet = datagram[:length]
	if radius.Code(packet[0]) != radius.CodeAccountingRequest {
		return nil, NotAccounting
	}
	if !radius.IsAuthenticRequest(packet, secret) {
		return nil, Forged
	}
	return packet, ""
}

func (s *Server) accept(ctx context.Context, q request) {
	select {
	case s.slots <- struct{}{}:
	default:
		s.exchanges.forget(q.exchange())
		s.count(q.nas.Name, Overloaded)
		return
	}
	q.packet = bytes.Clone(q.packet) // the reader reuses its buffer
	s.handling.Go(func() {
		defer func() { <-s.slots }()
		s.count(q.nas.Name, s.handle(ctx, q))
	})
}

func (s *Server) handle(ctx context.Context, q request) Outcome {
	packet, err := radius.Parse(q.packet, q.nas.Secret)
	if err != nil {
		s.exchanges.forget(q.exchange())
		return Malformed
	}
	if failure := s.account(ctx, q, packet.Attributes); failure != "" {
		s.exchanges.forget(q.exchange())
		return failure
	}
	s.exchanges.settle(q.exchange(), s.now().Add(q.nas.Retransmit))
	q.respond(packet)
	return Acknowledged
}

// replay answers a request whose first copy was acknowledged; equal octets make an equal response.
func (s *Server) replay(q request) Outcome {
	packet, err := radius.Parse(q.packet, q.nas.Secret)
	if err != nil {
		return Malformed
	}
	q.respond(packet)
	return Replayed
}

// account returns "" once the record is durable.
func (s *Server) account(ctx context.Context, q request, attrs radius.Attributes) (failure Outcome) {
	decoded, err := radacct.Decode(attrs)
	if err != nil {
		return Malformed
	}
	record, err := newRecord(q.nas, decoded, q.received)
	if err != nil {
		return Malformed
	}
	ctx, cancel := context.WithTimeout(ctx, q.nas.Retransmit)
	defer cancel()
	if err := s.acc.Account(ctx, record); err != nil {
		return Refused
	}
	return ""
}

// respond acknowledges q with its Proxy-State attributes unchanged and in order (RFC 2865 §5.33).
func (q request) respond(packet *radius.Packet) {
	response := packet.Response(radius.CodeAccountingResponse)
	for _, a := range packet.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			response.Add(a.Type, a.Attribute)
		}
	}
	if encoded, err := response.Encode(); err == nil { // it is never longer than the request, so it fits
		q.send(encoded, q.from)
	}
}

func (q request) exchange() exchange {
	return exchange{source: q.from, identifier: q.packet[1], authenticator: [16]byte(q.packet[4:headerLength])}
}
