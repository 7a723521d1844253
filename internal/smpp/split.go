package smpp

import (
	"math"

	"simtrust/internal/sms"
)

// Carriage is how a text that is too long for one message travels.
type Carriage byte

// Carriages. With the first two each segment has a user data header, with a reference of 8 or 16 bits; with CarrySAR each has the
// parameters sar_msg_ref_num, sar_total_segments and sar_segment_seqnum; CarryPayload sends it whole as a message_payload, and the
// service centre cuts it.
const (
	CarryHeader Carriage = iota
	CarryWideHeader
	CarrySAR
	CarryPayload
)

// Split returns the messages that carry text: copies of m with the shorter coding that can say it, one where it has room in one, else
// as by has it. The reference tells the messages from one address to another apart; [CarryHeader] uses its lower 8 bits. It fails with
// [sms.ErrAlphabet] for what is not UTF-8, and with [sms.ErrLength] where 255 segments or 65535 octets are not enough.
func (m Message) Split(text string, by Carriage, reference uint16) ([]Message, error) {
	m.Coding, m.Octets = codingOf(text), nil
	alphabet, _ := m.Coding.alphabet()
	body, err := alphabet.Append(nil, text)
	if err != nil {
		return nil, err
	}
	// The narrow SAR reference becomes a wide header at some service centres, so that room is left for one.
	cut, err := sms.Message{
		DCS: sms.DCS(m.Coding), Data: sms.UserData{Body: body}, Reference: reference, Wide: by != CarryHeader,
	}.Split()
	switch {
	case by == CarryPayload && len(body) > math.MaxUint16:
		return nil, sms.ErrLength
	case by == CarryPayload && (err != nil || cut.Total() > 1):
		m.Options = m.Options.With(TagMessagePayload, body...)
		return []Message{m}, nil
	case err != nil:
		return nil, err
	}
	return m.segments(&cut, by, reference), nil
}

func (m Message) segments(cut *sms.Splitter, by Carriage, reference uint16) []Message {
	all := make([]Message, 0, cut.Total())
	for u, ok := cut.Next(nil); ok; u, ok = cut.Next(nil) {
		s := m
		if by == CarrySAR && cut.Total() > 1 {
			u.Header = nil
			s.Options = m.Options.WithUint16(TagSARMsgRefNum, reference).
				With(TagSARTotalSegments, byte(cut.Total())).With(TagSARSegmentSeqnum, byte(len(all)+1))
		}
		s.setContent(u)
		all = append(all, s)
	}
	return all
}
