package softsim

// readBinary is READ BINARY (ETSI TS 102 221 §11.1.3) of the file selected: P1 and P2 are the offset. There are no short file
// identifiers.
func (c *Card) readBinary(cmd command) response {
	if cmd.p1&0x80 != 0 {
		return response{sw: swFileNotFound}
	}
	content, sw := c.readable(false)
	if sw != swOK {
		return response{sw: sw}
	}
	offset := int(cmd.p1)<<8 | int(cmd.p2)
	if offset >= len(content) {
		return response{sw: swOffset}
	}
	return part(content[offset:], cmd.le)
}

// readRecord is READ RECORD (ETSI TS 102 221 §11.1.5) of the file selected, in absolute mode: P1 is the number, from 1.
func (c *Card) readRecord(cmd command) response {
	const absolute = 0x04
	if cmd.p2 != absolute {
		return response{sw: swParameters}
	}
	content, sw := c.readable(true)
	if sw != swOK {
		return response{sw: sw}
	}
	size := files[c.selected.ef].record
	at := (int(cmd.p1) - 1) * size
	if at < 0 || at >= len(content) {
		return response{sw: swRecordNotFound}
	}
	if cmd.le != 256 && cmd.le != size {
		return response{sw: swWrongLe | status(size)}
	}
	return response{data: content[at : at+size], sw: swOK}
}

// readable returns the content of the file selected where its structure and the SIM PIN allow it.
func (c *Card) readable(records bool) ([]byte, status) {
	f, ok := files[c.selected.ef]
	switch {
	case !ok:
		return nil, swNoCurrentEF
	case records != (f.record > 0):
		return nil, swStructure
	case f.guarded && !c.verified:
		return nil, swSecurity
	}
	return f.content(c.kept.card), swOK
}

// part is the first le octets of content. More than there are get the right number.
func part(content []byte, le int) response {
	switch {
	case le == 256 || le == 0:
		return response{data: content, sw: swOK}
	case le > len(content):
		return response{sw: swWrongLe | status(len(content))}
	default:
		return response{data: content[:le], sw: swOK}
	}
}
