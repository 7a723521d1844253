package sms

// maxSegments is how many TPDUs a message may have: the number of segments is an octet.
const maxSegments = 255

// Message is what is to travel in as many TPDUs as it needs.
type Message struct {
	DCS DCS
	// Data are the whole body, and the header of the first segment without its concatenation element.
	Data UserData
	// Repeat says that later segments have the header too, as ports need it; else they have the concatenation element alone.
	Repeat bool
	// Reference tells the messages of one sender to one recipient apart; Wide gives it 16 bits on the wire.
	Reference uint16
	Wide      bool
}

// Splitter cuts a message into segments.
type Splitter struct {
	message Message
	rest    []byte
	at      Concatenation
}

// Split plans the segments. It fails with [ErrHeader], and with [ErrLength] where 255 are not enough.
func (m Message) Split() (Splitter, error) {
	if !m.Data.Header.Valid() {
		return Splitter{}, ErrHeader
	}
	s := Splitter{message: m, rest: m.Data.Body, at: Concatenation{Reference: m.Reference, Wide: m.Wide, Total: 1}}
	a := m.DCS.Alphabet()
	if len(m.Data.Body) <= room(a, len(m.Data.Header)) {
		return s, nil
	}
	for rest, n := m.Data.Body, 1; len(rest) > 0; n++ {
		size := segment(a, rest, room(a, s.headerSize(n)))
		if n > maxSegments || size == 0 {
			return Splitter{}, ErrLength
		}
		rest, s.at.Total = rest[size:], uint8(n)
	}
	return s, nil
}

// Total returns how many segments there are.
func (s *Splitter) Total() int { return int(s.at.Total) }

// Next returns the next segment, and false after the last. Its header is written over header, which is grown where it is too small:
// 140 octets always suffice. Its body is part of the message's.
func (s *Splitter) Next(header []byte) (UserData, bool) {
	switch {
	case s.at.Number == s.at.Total:
		return UserData{}, false
	case s.at.Total == 1:
		s.at.Number = 1
		return s.message.Data, true
	}
	s.at.Number++
	a := s.message.DCS.Alphabet()
	h := s.header(header[:0])
	size := segment(a, s.rest, room(a, len(h)))
	u := UserData{Header: h, Body: s.rest[:size:size]}
	s.rest = s.rest[size:]
	return u, true
}

// own reports whether segment n carries the message's header.
func (s *Splitter) own(n int) bool {
	return len(s.message.Data.Header) > 0 && (n == 1 || s.message.Repeat)
}

func (s *Splitter) headerSize(n int) int {
	size := 1 + s.at.size()
	if s.own(n) {
		size += len(s.message.Data.Header) - 1
	}
	return size
}

func (s *Splitter) header(dst []byte) Header {
	dst = s.at.append(append(dst, 0))
	if s.own(int(s.at.Number)) {
		dst = append(dst, s.message.Data.Header[1:]...)
	}
	dst[0] = byte(len(dst) - 1)
	return dst
}

// segment returns how much of a body a segment with that room takes: not half of a character.
func segment(a Alphabet, body []byte, room int) int {
	switch {
	case room <= 0:
		return 0
	case len(body) <= room:
		return len(body)
	case a == GSM7 && body[room-1] == escape:
		return room - 1
	case a == UCS2 && body[room-2]&0xFC == 0xD8:
		return room - 2
	default:
		return room
	}
}
