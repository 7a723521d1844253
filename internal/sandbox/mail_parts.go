package sandbox

import (
	"cmp"
	"slices"
	"strings"

	"simtrust/messaging/gsma"
)

// partsOf is what the segments of one text have in common.
type partsOf struct {
	tenure, sender string
	reference      uint16
	total          int
}

// joined returns a message that is whole with this one: the message itself, or the first segment of a text with all its words; nil where
// segments are missing yet.
func (m *mail) joined(msg *message) *message {
	if msg.SMS == nil {
		return msg
	}
	list := []*message{msg}
	if p := msg.SMS.Part; p != nil {
		key := partsOf{msg.Tenure, msg.Sender, p.Reference, p.Total}
		list = append(m.parts[key], msg)
		slices.SortStableFunc(list, func(a, b *message) int { return cmp.Compare(a.SMS.Part.Number, b.SMS.Part.Number) })
		list = slices.CompactFunc(list, func(a, b *message) bool { return a.SMS.Part.Number == b.SMS.Part.Number })
		if len(list) < p.Total {
			m.parts[key] = list
			return nil
		}
		delete(m.parts, key)
	}
	var text strings.Builder
	for _, part := range list {
		text.WriteString(part.Body)
	}
	first := list[0]
	first.Body = text.String()
	if _, ok := gsma.ReadCardText(first.Body); !ok && first.Channel == string(gsma.CardSMS) {
		first.Channel = string(gsma.SMS) // it was sent as a card, and is none
	}
	return first
}
