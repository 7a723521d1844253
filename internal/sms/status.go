package sms

// Status says what became of a message (TP-ST, 3GPP TS 23.040 §9.2.3.15).
type Status byte

// Completed reports that the service centre is done: the message was delivered, replaced, or passed on.
func (s Status) Completed() bool { return s < 0x20 }

// Trying reports that the service centre goes on trying.
func (s Status) Trying() bool { return s >= 0x20 && s < 0x40 }

// StatusReport is an SMS-STATUS-REPORT, from the service centre to the mobile (3GPP TS 23.040 §9.2.2.3).
type StatusReport struct {
	MoreMessages bool
	Loop         bool
	// OfCommand says that the report is about an SMS-COMMAND.
	OfCommand bool
	// Reference is that of the message or command.
	Reference byte
	// To is whom the message was for.
	To Address
	// Sent is when the service centre got the message, Discharged when its Status came about.
	Sent, Discharged Timestamp
	Status           Status
	Parameters
}

// Append appends the TPDU.
func (r *StatusReport) Append(dst []byte) ([]byte, error) {
	f := typeCommand | r.flags().with(flagNoMore, !r.MoreMessages).with(flagLoop, r.Loop).with(flagReport, r.OfCommand)
	dst, err := r.To.append(append(dst, byte(f), r.Reference))
	if err != nil {
		return nil, err
	}
	dst = append(dst, r.Sent[:]...)
	dst = append(dst, r.Discharged[:]...)
	dst = append(dst, byte(r.Status))
	if r.indicator() == 0 {
		return dst, nil
	}
	return r.Parameters.append(append(dst, r.indicator()))
}

// ParseStatusReport reads an SMS-STATUS-REPORT.
func ParseStatusReport(tpdu []byte) (StatusReport, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeCommand)
	r := StatusReport{
		MoreMessages: !f.has(flagNoMore), Loop: f.has(flagLoop), OfCommand: f.has(flagReport),
		Reference: c.octet(), To: c.address(), Sent: c.timestamp(), Discharged: c.timestamp(), Status: Status(c.octet()),
	}
	var indicator byte
	if len(c.rest) > 0 {
		indicator = c.indicator()
	}
	r.Parameters = c.parameters(indicator, f.has(flagHeader))
	if err := c.end(); err != nil {
		return StatusReport{}, err
	}
	return r, nil
}
