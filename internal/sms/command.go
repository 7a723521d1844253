package sms

// Types of commands (TP-CT, 3GPP TS 23.040 §9.2.3.19).
const (
	CommandEnquiry      byte = 0x00
	CommandCancelReport byte = 0x01
	CommandDelete       byte = 0x02
	CommandEnableReport byte = 0x03
)

// Command is an SMS-COMMAND, from the mobile to the service centre, about a message sent before (3GPP TS 23.040 §9.2.2.4).
type Command struct {
	StatusReport bool
	Reference    byte
	PID          byte
	Type         byte
	// Message is the reference of the message that the command is about.
	Message byte
	// To is whom that message was for.
	To Address
	// Data are octets.
	Data UserData
}

// Append appends the TPDU.
func (m *Command) Append(dst []byte) ([]byte, error) {
	f := flags(typeCommand).with(flagReport, m.StatusReport).with(flagHeader, len(m.Data.Header) > 0)
	dst, err := m.To.append(append(dst, byte(f), m.Reference, m.PID, m.Type, m.Message))
	if err != nil {
		return nil, err
	}
	return m.Data.append(dst, DCSOctets)
}

// ParseCommand reads an SMS-COMMAND.
func ParseCommand(tpdu []byte) (Command, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeCommand)
	m := Command{
		StatusReport: f.has(flagReport), Reference: c.octet(), PID: c.octet(), Type: c.octet(), Message: c.octet(), To: c.address(),
	}
	m.Data = c.userData(DCSOctets, f.has(flagHeader))
	if err := c.end(); err != nil {
		return Command{}, err
	}
	return m, nil
}
