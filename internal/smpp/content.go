package smpp

import (
	"bytes"

	"simtrust/internal/sms"
)

// Content returns what a message carries: the header, where its class says that there is one, and the octets after it, of the
// short_message or of [TagMessagePayload]. It fails where there are both, and where the header contradicts itself. The slices are the
// message's.
func (m *Message) Content() (sms.UserData, error) {
	octets := m.Octets
	if payload, ok := m.Options.Find(TagMessagePayload); ok {
		if len(octets) > 0 {
			return sms.UserData{}, &FieldError{fieldShortMessage, StatusInvalidMessageLength}
		}
		octets = payload
	}
	if !m.Class.HasHeader() {
		return sms.UserData{Body: octets}, nil
	}
	if len(octets) == 0 || 1+int(octets[0]) > len(octets) {
		return sms.UserData{}, sms.ErrHeader
	}
	n := 1 + int(octets[0])
	u := sms.UserData{Header: sms.Header(octets[:n:n]), Body: octets[n:]}
	if !u.Header.Valid() {
		return sms.UserData{}, sms.ErrHeader
	}
	return u, nil
}

// Text returns the text of a message, or of the segment that it is. It fails with [ErrText], and as Content does.
func (m *Message) Text() (string, error) {
	u, err := m.Content()
	if err != nil {
		return "", err
	}
	return m.Coding.text(u.Body)
}

// setContent puts the header and the octets where they have room: into the short_message, or into the payload.
func (m *Message) setContent(u sms.UserData) {
	octets := append(bytes.Clone(u.Header), u.Body...)
	m.Class &^= ClassHeader
	if len(u.Header) > 0 {
		m.Class |= ClassHeader
	}
	if len(octets) <= maxShortMessage {
		m.Octets = octets
		return
	}
	m.Octets, m.Options = nil, m.Options.With(TagMessagePayload, octets...)
}
