package sms

// Parameters are what a report may carry beside its own fields (TP-PI, 3GPP TS 23.040 §9.2.3.27).
type Parameters struct {
	HasPID, HasDCS, HasData bool
	PID                     byte
	DCS                     DCS // without it [DCSText] holds for Data
	Data                    UserData
}

const (
	indicatorPID  = 0x01
	indicatorDCS  = 0x02
	indicatorData = 0x04
	indicatorAll  = indicatorPID | indicatorDCS | indicatorData
)

func (p *Parameters) flags() flags {
	return flags(0).with(flagHeader, p.HasData && len(p.Data.Header) > 0)
}

func (p *Parameters) indicator() byte {
	return byte(flags(0).with(indicatorPID, p.HasPID).with(indicatorDCS, p.HasDCS).with(indicatorData, p.HasData))
}

// append appends what follows the indicator.
func (p *Parameters) append(dst []byte) ([]byte, error) {
	dcs := DCSText
	if p.HasPID {
		dst = append(dst, p.PID)
	}
	if p.HasDCS {
		dst, dcs = append(dst, byte(p.DCS)), p.DCS
	}
	if p.HasData {
		return p.Data.append(dst, dcs)
	}
	return dst, nil
}

func (c *cursor) indicator() byte {
	i := c.octet()
	if i&^indicatorAll != 0 {
		c.fail(ErrParameters)
	}
	return i
}

func (c *cursor) parameters(indicator byte, hasHeader bool) Parameters {
	var p Parameters
	if p.HasPID = indicator&indicatorPID != 0; p.HasPID {
		p.PID = c.octet()
	}
	if p.HasDCS = indicator&indicatorDCS != 0; p.HasDCS {
		p.DCS = DCS(c.octet())
	}
	if p.HasData = indicator&indicatorData != 0; p.HasData {
		p.Data = c.userData(p.DCS, hasHeader)
	} else if hasHeader {
		c.fail(ErrHeader)
	}
	return p
}

// minCause is the least failure cause (TP-FCS, 3GPP TS 23.040 §9.2.3.22).
const minCause = 0x80

func appendCause(dst []byte, cause byte) ([]byte, error) {
	switch {
	case cause == 0:
		return dst, nil
	case cause < minCause:
		return nil, ErrFailure
	default:
		return append(dst, cause), nil
	}
}

func (c *cursor) cause(failure bool) byte {
	if !failure {
		return 0
	}
	cause := c.octet()
	if c.err == nil && cause < minCause {
		c.fail(ErrFailure)
	}
	return cause
}

// DeliverReport is an SMS-DELIVER-REPORT, from the mobile to the service centre (3GPP TS 23.040 §9.2.2.1a).
type DeliverReport struct {
	// Cause is the failure cause, 80 to FF, of a report within an RP-ERROR; 0: within an RP-ACK.
	Cause byte
	Parameters
}

// Append appends the TPDU.
func (r *DeliverReport) Append(dst []byte) ([]byte, error) {
	dst, err := appendCause(append(dst, byte(typeDeliver|r.flags())), r.Cause)
	if err != nil {
		return nil, err
	}
	return r.Parameters.append(append(dst, r.indicator()))
}

// ParseDeliverReport reads an SMS-DELIVER-REPORT. Only the layer below tells whether it reports a failure (RP-ERROR).
func ParseDeliverReport(tpdu []byte, failure bool) (DeliverReport, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeDeliver)
	r := DeliverReport{Cause: c.cause(failure)}
	r.Parameters = c.parameters(c.indicator(), f.has(flagHeader))
	if err := c.end(); err != nil {
		return DeliverReport{}, err
	}
	return r, nil
}

// SubmitReport is an SMS-SUBMIT-REPORT, from the service centre to the mobile (3GPP TS 23.040 §9.2.2.2a).
type SubmitReport struct {
	// Cause is the failure cause, 80 to FF, of a report within an RP-ERROR; 0: within an RP-ACK.
	Cause byte
	// Time is when the service centre got the message.
	Time Timestamp
	Parameters
}

// Append appends the TPDU.
func (r *SubmitReport) Append(dst []byte) ([]byte, error) {
	dst, err := appendCause(append(dst, byte(typeSubmit|r.flags())), r.Cause)
	if err != nil {
		return nil, err
	}
	dst = append(dst, r.indicator())
	return r.Parameters.append(append(dst, r.Time[:]...))
}

// ParseSubmitReport reads an SMS-SUBMIT-REPORT. Only the layer below tells whether it reports a failure (RP-ERROR).
func ParseSubmitReport(tpdu []byte, failure bool) (SubmitReport, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeSubmit)
	r := SubmitReport{Cause: c.cause(failure)}
	indicator := c.indicator()
	r.Time = c.timestamp()
	r.Parameters = c.parameters(indicator, f.has(flagHeader))
	if err := c.end(); err != nil {
		return SubmitReport{}, err
	}
	return r, nil
}
