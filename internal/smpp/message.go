package smpp

import (
	"fmt"
	"io"

	"simtrust/internal/sms"
)

// Class is the esm_class of a message (SMPP 3.4 §5.2.12): how it is to travel, what it is, and whether its octets begin with a header.
type Class byte

// Parts of a class. A message from an ESME has one of the modes; a message to it is one of the kinds.
const (
	ClassDatagram        Class = 0x01
	ClassForward         Class = 0x02
	ClassStore           Class = 0x03 // store and forward, which 0 means as well at most service centres
	ClassReceipt         Class = 0x04 // a delivery receipt
	ClassAcknowledgement Class = 0x08 // the recipient's telephone acknowledges
	ClassManual          Class = 0x10 // the recipient acknowledges
	ClassIntermediate    Class = 0x20 // not the last word about a message
	ClassHeader          Class = 0x40 // a user data header comes first (UDHI)
	ClassReplyPath       Class = 0x80

	classKind Class = 0x3C
)

// HasHeader reports whether the octets of the message begin with a user data header.
func (c Class) HasHeader() bool { return c&ClassHeader != 0 }

// Receipt reports whether a message to an ESME says what became of another, finally or for now.
func (c Class) Receipt() bool { return c&classKind == ClassReceipt || c&classKind == ClassIntermediate }

// Registered is the registered_delivery of a message: what its sender wants to hear of (SMPP 3.4 §5.2.17).
type Registered byte

// Parts of registered deliveries.
const (
	RegisteredFinal        Registered = 0x01 // a receipt of success or failure
	RegisteredFailure      Registered = 0x02 // a receipt of failure only
	RegisteredIntermediate Registered = 0x10
)

// Message is what submit_sm, deliver_sm and data_sm have in common. It prints as a word, for it holds numbers and one-time codes.
type Message struct {
	ServiceType string // up to 5 characters, mostly empty
	// Source and Destination have up to 20 characters, in a data_sm 64.
	Source, Destination sms.Address
	Class               Class
	Registered          Registered
	Coding              Coding

	// Not of a data_sm.
	ProtocolID byte
	Priority   byte
	// Schedule is when the message is to be delivered first; empty: at once.
	Schedule Time
	// Validity is how long delivery is tried; empty: as long as the service centre likes.
	Validity         Time
	ReplaceIfPresent byte
	DefaultMessageID byte
	// Octets are the short_message, up to 254. Longer ones, and those of a data_sm, are the [TagMessagePayload] of Options.
	Octets []byte

	Options Options
}

// Format writes a word in place of the message.
func (Message) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "message") }

func (m *Message) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldServiceType, m.ServiceType)
	w.address(&fieldSource, m.Source)
	w.address(&fieldDestination, m.Destination)
	w.octet(byte(m.Class), m.ProtocolID, m.Priority)
	w.time(&fieldSchedule, m.Schedule)
	w.time(&fieldValidity, m.Validity)
	w.octet(byte(m.Registered), m.ReplaceIfPresent, byte(m.Coding), m.DefaultMessageID)
	w.shortMessage(m.Octets)
	w.options(m.Options)
	return w.octets, w.err
}

func (m *Message) parseBody(body []byte) error {
	c := cursor{rest: body}
	m.ServiceType = c.text(&fieldServiceType)
	m.Source = c.address(&fieldSource)
	m.Destination = c.address(&fieldDestination)
	m.Class, m.ProtocolID, m.Priority = Class(c.octet()), c.octet(), c.octet()
	m.Schedule = c.time(&fieldSchedule)
	m.Validity = c.time(&fieldValidity)
	m.Registered, m.ReplaceIfPresent = Registered(c.octet()), c.octet()
	m.Coding, m.DefaultMessageID = Coding(c.octet()), c.octet()
	m.Octets = c.shortMessage()
	m.Options = c.options()
	return c.end()
}

// SubmitSM is a submit_sm: an ESME sends a message (SMPP 3.4 §4.4).
type SubmitSM struct{ Message }

// Command returns [CommandSubmitSM].
func (*SubmitSM) Command() Command { return CommandSubmitSM }

// DeliverSM is a deliver_sm: the service centre passes a message or a receipt on to an ESME (SMPP 3.4 §4.6).
type DeliverSM struct{ Message }

// Command returns [CommandDeliverSM].
func (*DeliverSM) Command() Command { return CommandDeliverSM }

// DataSM is a data_sm, in either direction (SMPP 3.4 §4.7). Its octets are in its options.
type DataSM struct{ Message }

// Command returns [CommandDataSM].
func (*DataSM) Command() Command { return CommandDataSM }

func (d *DataSM) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	if len(d.Octets) > 0 {
		w.fail(&FieldError{fieldShortMessage, StatusInvalidMessageLength})
	}
	w.text(&fieldServiceType, d.ServiceType)
	w.address(&fieldLongSource, d.Source)
	w.address(&fieldLongDest, d.Destination)
	w.octet(byte(d.Class), byte(d.Registered), byte(d.Coding))
	w.options(d.Options)
	return w.octets, w.err
}

func (d *DataSM) parseBody(body []byte) error {
	c := cursor{rest: body}
	d.ServiceType = c.text(&fieldServiceType)
	d.Source = c.address(&fieldLongSource)
	d.Destination = c.address(&fieldLongDest)
	d.Class, d.Registered, d.Coding = Class(c.octet()), Registered(c.octet()), Coding(c.octet())
	d.Options = c.options()
	return c.end()
}

// Accepted is what the responses to messages have in common.
type Accepted struct {
	// MessageID is the service centre's name of the message, up to 64 characters; empty in a deliver_sm_resp.
	MessageID string
	// Options are those of a data_sm_resp; some service centres add them to the others too.
	Options Options
}

func (a *Accepted) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldMessageID, a.MessageID)
	w.options(a.Options)
	return w.octets, w.err
}

func (a *Accepted) parseBody(body []byte) error {
	c := cursor{rest: body}
	a.MessageID = c.text(&fieldMessageID)
	a.Options = c.options()
	return c.end()
}

// SubmitSMResp answers a [SubmitSM].
type SubmitSMResp struct{ Accepted }

// Command returns the response to [CommandSubmitSM].
func (*SubmitSMResp) Command() Command { return CommandSubmitSM.Response() }

// DeliverSMResp answers a [DeliverSM].
type DeliverSMResp struct{ Accepted }

// Command returns the response to [CommandDeliverSM].
func (*DeliverSMResp) Command() Command { return CommandDeliverSM.Response() }

// DataSMResp answers a [DataSM].
type DataSMResp struct{ Accepted }

// Command returns the response to [CommandDataSM].
func (*DataSMResp) Command() Command { return CommandDataSM.Response() }
