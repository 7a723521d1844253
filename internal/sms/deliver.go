package sms

// Deliver is an SMS-DELIVER, from the service centre to the mobile (3GPP TS 23.040 §9.2.2.1).
type Deliver struct {
	// MoreMessages says that others wait in the service centre.
	MoreMessages bool
	// Loop says that the message was forwarded, which must not happen without end.
	Loop bool
	// StatusReport says that the sender's side asked for a report.
	StatusReport bool
	// ReplyPath says that the sender's service centre takes the reply.
	ReplyPath bool
	From      Address
	PID       byte
	DCS       DCS
	Time      Timestamp
	Data      UserData
}

// Append appends the TPDU. It allocates only where dst lacks room: 163 octets always suffice.
func (d *Deliver) Append(dst []byte) ([]byte, error) {
	f := flags(typeDeliver).with(flagNoMore, !d.MoreMessages).with(flagLoop, d.Loop).with(flagReport, d.StatusReport).
		with(flagHeader, len(d.Data.Header) > 0).with(flagReplyPath, d.ReplyPath)
	dst, err := d.From.append(append(dst, byte(f)))
	if err != nil {
		return nil, err
	}
	dst = append(dst, d.PID, byte(d.DCS))
	dst = append(dst, d.Time[:]...)
	return d.Data.append(dst, d.DCS)
}

// ParseDeliver reads an SMS-DELIVER. Its user data are part of tpdu, but for a [GSM7] body.
func ParseDeliver(tpdu []byte) (Deliver, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeDeliver)
	d := Deliver{
		MoreMessages: !f.has(flagNoMore), Loop: f.has(flagLoop), StatusReport: f.has(flagReport), ReplyPath: f.has(flagReplyPath),
		From: c.address(), PID: c.octet(), DCS: DCS(c.octet()), Time: c.timestamp(),
	}
	d.Data = c.userData(d.DCS, f.has(flagHeader))
	if err := c.end(); err != nil {
		return Deliver{}, err
	}
	return d, nil
}
