package smpp

import (
	"fmt"
	"io"

	"simtrust/internal/sms"
)

// Mode is what a session is bound as, named by the command of the bind.
type Mode Command

// Modes.
const (
	Receiver    = Mode(CommandBindReceiver)
	Transmitter = Mode(CommandBindTransmitter)
	Transceiver = Mode(CommandBindTransceiver)
)

// Transmits reports whether the ESME may submit.
func (m Mode) Transmits() bool { return m == Transmitter || m == Transceiver }

// Receives reports whether the ESME is delivered to.
func (m Mode) Receives() bool { return m == Receiver || m == Transceiver }

// Version34 is the interface version of SMPP 3.4.
const Version34 = 0x34

// Secret is a password. It prints as a word.
type Secret string

// Format writes a word in place of the password.
func (Secret) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "secret") }

// Bind is a bind_receiver, bind_transmitter or bind_transceiver (SMPP 3.4 §4.1).
type Bind struct {
	Mode     Mode
	SystemID string // up to 15 characters
	Password Secret // up to 8 characters
	// SystemType is what kind of system binds, up to 12 characters, mostly empty.
	SystemType string
	// InterfaceVersion is [Version34], or what the other side says that it speaks.
	InterfaceVersion byte
	// Type, Plan and AddressRange say which addresses the ESME serves; mostly empty.
	Type         sms.TypeOfNumber
	Plan         sms.NumberingPlan
	AddressRange string // up to 40 characters
}

// Command returns the command of the mode.
func (b *Bind) Command() Command { return Command(b.Mode) }

func (b *Bind) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldSystemID, b.SystemID)
	w.text(&fieldPassword, string(b.Password))
	w.text(&fieldSystemType, b.SystemType)
	w.octet(b.InterfaceVersion, byte(b.Type), byte(b.Plan))
	w.text(&fieldAddressRange, b.AddressRange)
	return w.octets, w.err
}

func (b *Bind) parseBody(body []byte) error {
	c := cursor{rest: body}
	b.SystemID = c.text(&fieldSystemID)
	b.Password = Secret(c.text(&fieldPassword))
	b.SystemType = c.text(&fieldSystemType)
	b.InterfaceVersion = c.octet()
	b.Type, b.Plan = sms.TypeOfNumber(c.octet()), sms.NumberingPlan(c.octet())
	b.AddressRange = c.text(&fieldAddressRange)
	return c.end()
}

// BindResp answers a bind.
type BindResp struct {
	Mode     Mode
	SystemID string
	// Options may hold the version of the service centre ([TagSCInterfaceVersion]).
	Options Options
}

// Command returns the response to the command of the mode.
func (b *BindResp) Command() Command { return Command(b.Mode).Response() }

func (b *BindResp) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldSystemID, b.SystemID)
	w.options(b.Options)
	return w.octets, w.err
}

func (b *BindResp) parseBody(body []byte) error {
	c := cursor{rest: body}
	b.SystemID = c.text(&fieldSystemID)
	b.Options = c.options()
	return c.end()
}

// Outbind is an outbind: a service centre asks an ESME to bind as a receiver (SMPP 3.4 §4.1.7). It has no answer.
type Outbind struct {
	SystemID string
	Password Secret
}

// Command returns [CommandOutbind].
func (*Outbind) Command() Command { return CommandOutbind }

func (o *Outbind) appendBody(dst []byte) ([]byte, error) {
	w := builder{octets: dst}
	w.text(&fieldSystemID, o.SystemID)
	w.text(&fieldPassword, string(o.Password))
	return w.octets, w.err
}

func (o *Outbind) parseBody(body []byte) error {
	c := cursor{rest: body}
	o.SystemID = c.text(&fieldSystemID)
	o.Password = Secret(c.text(&fieldPassword))
	return c.end()
}
