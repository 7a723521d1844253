package softsim

import (
	"bytes"

	"simtrust/internal/tlv"
)

// selection is where in the files the terminal is. The zero value is the MF, and no application.
type selection struct {
	directory   fileID // 0: MF
	application fileID // the ADF selected last, which stays when another directory is selected
	ef          fileID
}

func (s selection) current() fileID {
	if s.directory == 0 {
		return fileMF
	}
	return s.directory
}

// ways of SELECT in P1 (ETSI TS 102 221 §11.1.1.2), and its answers in P2.
const (
	selectByID       = 0x00
	selectByAID      = 0x04
	selectFromMF     = 0x08
	selectFromHere   = 0x09
	answerFCP        = 0x04
	answerNone       = 0x0c
	answerAnyTraffic = 0x60 // which of several applications, and whether to end a session: there is one
)

// selectFile is SELECT.
func (c *Card) selectFile(cmd command) response {
	answer := cmd.p2 &^ answerAnyTraffic
	if answer != answerFCP && answer != answerNone {
		return response{sw: swParameters}
	}
	f, sw := c.locate(cmd)
	if sw != swOK {
		return response{sw: sw}
	}
	c.selected = c.selected.enter(f)
	if answer == answerNone {
		return response{sw: swOK}
	}
	return response{data: c.controlParameters(f), sw: swOK}
}

func (c *Card) locate(cmd command) (file, status) {
	switch cmd.p1 {
	case selectByID:
		return c.selected.byID(cmd.data)
	case selectByAID:
		if len(cmd.data) >= 5 && bytes.HasPrefix(usimAID, cmd.data) {
			return files[fileUSIM], swOK
		}
		return file{}, swFileNotFound
	case selectFromMF:
		return selection{application: c.selected.application}.path(cmd.data)
	case selectFromHere:
		return c.selected.path(cmd.data)
	default:
		return file{}, swParameters
	}
}

// path follows identifiers from s.
func (s selection) path(ids []byte) (f file, sw status) {
	if len(ids) == 0 || len(ids)%2 != 0 {
		return file{}, swLength
	}
	for ; len(ids) > 0; ids = ids[2:] {
		if f, sw = s.byID(ids[:2]); sw != swOK {
			return file{}, sw
		}
		s = s.enter(f)
	}
	return f, swOK
}

// byID finds what may be selected by its identifier from s: the MF, the current application, what stands in the current
// directory, the directory itself and its parent (ETSI TS 102 221 §8.4.2).
func (s selection) byID(id []byte) (file, status) {
	if len(id) != 2 {
		return file{}, swLength
	}
	f, ok := files[fileID(id[0])<<8|fileID(id[1])]
	here := s.current()
	switch {
	case !ok:
		return file{}, swFileNotFound
	case f.id == fileUSIM:
		ok = s.application == fileUSIM
	default:
		ok = f.id == fileMF || f.id == here || f.parent == here || f.isDirectory() && f.id == files[here].parent
	}
	if !ok {
		return file{}, swFileNotFound
	}
	return f, swOK
}

func (s selection) enter(f file) selection {
	switch {
	case !f.isDirectory():
		s.ef = f.id
	case f.id == fileUSIM:
		s = selection{directory: fileUSIM, application: fileUSIM}
	default:
		s = selection{directory: f.id, application: s.application}
	}
	return s
}

// controlParameters is the FCP template (ETSI TS 102 221 §11.1.1.3).
func (c *Card) controlParameters(f file) []byte {
	return tlv.AppendBERFunc(nil, 0x62, func(b []byte) []byte {
		b = tlv.AppendBER(b, 0x82, c.descriptor(f))
		b = tlv.AppendBER(b, 0x83, []byte{byte(f.id >> 8), byte(f.id)})
		if f.id == fileUSIM {
			b = tlv.AppendBER(b, 0x84, usimAID)
		}
		b = tlv.AppendBER(b, 0x8a, []byte{0x05}) // activated
		if f.isDirectory() {
			return tlv.AppendBER(b, 0xc6, pinStatus)
		}
		size := len(f.content(c.kept.card))
		return tlv.AppendBER(b, 0x80, []byte{byte(size >> 8), byte(size)})
	})
}

// pinStatus is the PIN status template: one PIN, enabled.
var pinStatus = []byte{0x90, 1, 0x80, 0x83, 1, pinSIM}

func (c *Card) descriptor(f file) []byte {
	switch {
	case f.isDirectory():
		return []byte{0x78, 0x21}
	case f.record == 0:
		return []byte{0x41, 0x21}
	default:
		return []byte{0x42, 0x21, 0, byte(f.record), byte(len(f.content(c.kept.card)) / f.record)}
	}
}

// status is STATUS (ETSI TS 102 221 §11.1.2): the terminal's sign of life, with the FCP of the current directory where asked for.
func (c *Card) status(cmd command) response {
	const plain, initialised, terminated = 0, 1, 2
	switch {
	case cmd.p1 != plain && cmd.p1 != initialised && cmd.p1 != terminated:
		return response{sw: swParameters}
	case cmd.p2 == answerNone:
		return response{sw: swOK}
	case cmd.p2 != 0:
		return response{sw: swParameters}
	}
	return response{data: c.controlParameters(files[c.selected.current()]), sw: swOK}
}
