package smpp

import (
	"encoding/binary"
	"math"
)

// HeaderLength is the length of a header in octets.
const HeaderLength = 16

// MaxSequence is the highest sequence number; the lowest is 1 (SMPP 3.4 §5.1.4).
const MaxSequence = 0x7FFFFFFF

// Header is what every packet begins with (SMPP 3.4 §3.2).
type Header struct {
	// Length is that of the packet in octets, the header included.
	Length   uint32
	Command  Command
	Status   Status
	Sequence uint32
}

// PDU is the body of a packet: one of the types of this package that are named after a command.
type PDU interface {
	// Command returns the command_id of the packet.
	Command() Command

	appendBody(dst []byte) ([]byte, error)
	parseBody(body []byte) error
}

// Append appends a packet. It allocates only where dst lacks room. The error is a [*FieldError]; dst is returned as it was then.
func Append(dst []byte, sequence uint32, status Status, p PDU) ([]byte, error) {
	start := len(dst)
	out := appendHeader(dst, p.Command(), status, sequence)
	out, err := p.appendBody(out)
	if err != nil {
		return dst, err
	}
	binary.BigEndian.PutUint32(out[start:], uint32(len(out)-start))
	return out, nil
}

// appendHeader appends a packet without a body, as responses with an error are.
func appendHeader(dst []byte, c Command, status Status, sequence uint32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, HeaderLength)
	dst = binary.BigEndian.AppendUint32(dst, uint32(c))
	dst = binary.BigEndian.AppendUint32(dst, uint32(status))
	return binary.BigEndian.AppendUint32(dst, sequence)
}

// ParseHeader reads the header at the start of octets. It fails with ESME_RINVCMDLEN where there are less than 16, and where the
// length is less than that or more than limit.
func ParseHeader(octets []byte, limit int) (Header, error) {
	if len(octets) < HeaderLength {
		return Header{}, &FieldError{fieldLength, StatusInvalidCommandLength}
	}
	h := Header{
		Length:   binary.BigEndian.Uint32(octets),
		Command:  Command(binary.BigEndian.Uint32(octets[4:])),
		Status:   Status(binary.BigEndian.Uint32(octets[8:])),
		Sequence: binary.BigEndian.Uint32(octets[12:]),
	}
	if h.Length < HeaderLength || uint64(h.Length) > uint64(limit) {
		return h, &FieldError{fieldLength, StatusInvalidCommandLength}
	}
	return h, nil
}

// Parse reads a whole packet; it keeps none of its octets. The error is a [*FieldError], ESME_RINVCMDID where there is no such
// command or, as for submit_multi, none that this package reads; the header is returned with it. A response may be without its body
// where its status is an error: its fields are empty then.
func Parse(packet []byte) (Header, PDU, error) {
	h, err := ParseHeader(packet, math.MaxInt32)
	if err == nil && int(h.Length) != len(packet) {
		err = &FieldError{fieldLength, StatusInvalidCommandLength}
	}
	if err != nil {
		return h, nil, err
	}
	p, err := parseBody(h, packet[HeaderLength:])
	return h, p, err
}

func parseBody(h Header, body []byte) (PDU, error) {
	p := newPDU(h.Command)
	if p == nil {
		return nil, &FieldError{"command_id", StatusInvalidCommand}
	}
	if h.Command.IsResponse() && h.Status != StatusOK && len(body) == 0 {
		return p, nil
	}
	if err := p.parseBody(body); err != nil {
		return nil, err
	}
	return p, nil
}

// newPDU returns an empty body, or nil.
func newPDU(c Command) PDU {
	switch c {
	case CommandSubmitSM:
		return new(SubmitSM)
	case CommandSubmitSM.Response():
		return new(SubmitSMResp)
	case CommandDeliverSM:
		return new(DeliverSM)
	case CommandDeliverSM.Response():
		return new(DeliverSMResp)
	case CommandDataSM:
		return new(DataSM)
	case CommandDataSM.Response():
		return new(DataSMResp)
	case CommandBindReceiver, CommandBindTransmitter, CommandBindTransceiver:
		return &Bind{Mode: Mode(c)}
	case CommandBindReceiver.Response(), CommandBindTransmitter.Response(), CommandBindTransceiver.Response():
		return &BindResp{Mode: Mode(c &^ response)}
	default:
		return newRarePDU(c)
	}
}

func newRarePDU(c Command) PDU {
	switch c {
	case CommandOutbind:
		return new(Outbind)
	case CommandQuerySM:
		return new(QuerySM)
	case CommandQuerySM.Response():
		return new(QuerySMResp)
	case CommandReplaceSM:
		return new(ReplaceSM)
	case CommandCancelSM:
		return new(CancelSM)
	case CommandAlertNotification:
		return new(AlertNotification)
	case CommandUnbind, CommandUnbind.Response(), CommandEnquireLink, CommandEnquireLink.Response(), CommandGenericNack,
		CommandReplaceSM.Response(), CommandCancelSM.Response():
		return Empty(c)
	default:
		return nil
	}
}

// Empty is a packet of a header alone: unbind, enquire_link and their responses, cancel_sm_resp, replace_sm_resp, generic_nack.
type Empty Command

// Command returns itself.
func (e Empty) Command() Command { return Command(e) }

func (Empty) appendBody(dst []byte) ([]byte, error) { return dst, nil }

// parseBody refuses a body; that of a response, as some peers send one, is not read.
func (e Empty) parseBody(body []byte) error {
	if Command(e).IsResponse() {
		return nil
	}
	c := cursor{rest: body}
	return c.end()
}
