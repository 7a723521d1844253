package sms

import "time"

// Submit is an SMS-SUBMIT, from the mobile to the service centre (3GPP TS 23.040 §9.2.2.2).
type Submit struct {
	// RejectDuplicates asks the service centre to refuse a second message with this Reference and To.
	RejectDuplicates bool
	// StatusReport asks for a report.
	StatusReport bool
	ReplyPath    bool
	Reference    byte
	To           Address
	PID          byte
	DCS          DCS
	Validity     Validity
	Data         UserData
}

// Append appends the TPDU. It allocates only where dst lacks room: 164 octets always suffice.
func (s *Submit) Append(dst []byte) ([]byte, error) {
	if s.Validity.Format > ValidityAbsolute {
		return nil, ErrValidity
	}
	f := flags(typeSubmit).with(flagReject, s.RejectDuplicates).with(flagReport, s.StatusReport).
		with(flagHeader, len(s.Data.Header) > 0).with(flagReplyPath, s.ReplyPath) | flags(s.Validity.Format)<<validityShift
	dst, err := s.To.append(append(dst, byte(f), s.Reference))
	if err != nil {
		return nil, err
	}
	dst = append(dst, s.PID, byte(s.DCS))
	dst = append(dst, s.Validity.Octets[:s.Validity.Format.size()]...)
	return s.Data.append(dst, s.DCS)
}

// ParseSubmit reads an SMS-SUBMIT. Its user data are part of tpdu, but for a [GSM7] body.
func ParseSubmit(tpdu []byte) (Submit, error) {
	c := cursor{rest: tpdu}
	f := c.first(typeSubmit)
	s := Submit{
		RejectDuplicates: f.has(flagReject), StatusReport: f.has(flagReport), ReplyPath: f.has(flagReplyPath),
		Reference: c.octet(), To: c.address(), PID: c.octet(), DCS: DCS(c.octet()),
	}
	s.Validity.Format = ValidityFormat(f & validityFormat >> validityShift)
	copy(s.Validity.Octets[:], c.octets(s.Validity.Format.size()))
	s.Data = c.userData(s.DCS, f.has(flagHeader))
	if err := c.end(); err != nil {
		return Submit{}, err
	}
	return s, nil
}

// ValidityFormat is how a validity period is stated (3GPP TS 23.040 §9.2.3.3).
type ValidityFormat byte

// Formats of validity periods.
const (
	ValidityNone ValidityFormat = iota
	ValidityEnhanced
	ValidityRelative
	ValidityAbsolute
)

func (f ValidityFormat) size() int { return [...]int{0, 7, 1, 7}[f] }

// Validity is how long the service centre keeps a message (3GPP TS 23.040 §9.2.3.12): of its octets a relative one has 1, an enhanced
// and an absolute one 7. The zero value leaves it to the service centre.
type Validity struct {
	Format ValidityFormat
	Octets [7]byte
}

// ValidUntil returns a period that ends at a point in time.
func ValidUntil(t Timestamp) Validity { return Validity{Format: ValidityAbsolute, Octets: t} }

const day = 24 * time.Hour

// ValidFor returns the longest relative period of at most d. It fails with [ErrValidity] below five minutes.
func ValidFor(d time.Duration) (Validity, error) {
	if d < 5*time.Minute {
		return Validity{}, ErrValidity
	}
	v := Validity{Format: ValidityRelative}
	for o := 255; o > 0; o-- {
		if relative(byte(o)) <= d {
			v.Octets[0] = byte(o)
			break
		}
	}
	return v, nil
}

// Duration returns a relative period.
func (v Validity) Duration() (time.Duration, bool) {
	if v.Format != ValidityRelative {
		return 0, false
	}
	return relative(v.Octets[0]), true
}

func relative(o byte) time.Duration {
	n := time.Duration(o)
	switch {
	case o <= 143:
		return (n + 1) * 5 * time.Minute
	case o <= 167:
		return 12*time.Hour + (n-143)*30*time.Minute
	case o <= 196:
		return (n - 166) * day
	default:
		return (n - 192) * 7 * day
	}
}
