package smpp

import (
	"time"

	"simtrust/internal/sms"
)

// Inbox puts the segments of long messages together, by user data header or by SAR parameters. It is safe for concurrent use.
type Inbox struct {
	parts *sms.Reassembler[parties]
}

// parties are whose messages one reference tells apart.
type parties struct {
	peer                string
	source, destination sms.Address
	sar                 bool
}

// NewInbox returns an empty inbox. [sms.Limits.PerSender] is for the messages from one address to another.
func NewInbox(limits sms.Limits) *Inbox {
	return &Inbox{sms.NewReassembler[parties](limits)}
}

// Add takes a message that came from a peer, such as the system_id of its session. When a message is complete, with this segment or
// by itself, it returns it and true: with the fields of the segment that came last and the whole content, without what concatenates.
//
// It fails with [sms.ErrHeader] for a concatenation that is not possible, with [sms.ErrMixed] and [sms.ErrBusy] as
// [sms.Reassembler.Add] does, and as [Message.Content] does; the segment is refused then, and what came before stays.
func (b *Inbox) Add(peer string, m *Message, now time.Time) (Message, bool, error) {
	u, err := m.Content()
	if err != nil {
		return Message{}, false, err
	}
	from := parties{peer: peer, source: m.Source, destination: m.Destination}
	if from.sar, err = sarHeader(m.Options, &u); err != nil {
		return Message{}, false, err
	}
	whole, complete, err := b.parts.Add(from, sms.DCS(m.Coding), u, now)
	if err != nil || !complete {
		return Message{}, false, err
	}
	out := *m
	out.Options = m.Options.without(TagMessagePayload, TagSARMsgRefNum, TagSARTotalSegments, TagSARSegmentSeqnum)
	out.setContent(whole)
	return out, true, nil
}

// Expire drops the messages that have outlived their time at now, and returns how many are incomplete.
func (b *Inbox) Expire(now time.Time) int { return b.parts.Expire(now) }

// sarHeader states the SAR parameters, where there are all three, as a concatenation in the header.
func sarHeader(o Options, u *sms.UserData) (bool, error) {
	reference, ok := o.Uint16(TagSARMsgRefNum)
	total, ok2 := o.Uint8(TagSARTotalSegments)
	number, ok3 := o.Uint8(TagSARSegmentSeqnum)
	if !ok || !ok2 || !ok3 || total == 1 {
		return false, nil
	}
	elements := []sms.Element{{ID: sms.ElementConcatenationWide, Data: []byte{byte(reference >> 8), byte(reference), total, number}}}
	for e := range u.Header.All() {
		elements = append(elements, e)
	}
	h, err := sms.AppendHeader(nil, elements...)
	u.Header = h
	return true, err
}
