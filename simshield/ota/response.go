package ota

// Response is the content of a response packet: the proof of receipt of the command with the same TAR and counter, which is the
// caller's to match.
type Response struct {
	TAR     TAR
	Counter Counter
	Status  Status
	Data    []byte
}

// refusalHeader is the header length of a response without checksum.
const refusalHeader = 10

// AppendResponse appends the proof of receipt of c to dst, secured as c asks for. The command must be one that OpenCommand
// authenticated, whatever its status; else the error is ErrUnauthentic, so that nobody gets a checksum over chosen octets
// without the keys. Allocation and aliasing are as with AppendCommand.
func (k *Keys) AppendResponse(dst []byte, c Command, status Status, data []byte) ([]byte, error) {
	if !c.opened {
		return dst, ErrUnauthentic
	}
	dst, packet, err := k.grow(responseForm, dst, data)
	if err != nil {
		return dst, err
	}
	copy(packet[3:], c.TAR[:])
	c.Counter.put(packet[responseForm.ciphered:])
	packet[responseForm.padding+1] = byte(status)
	k.seal(responseForm, packet)
	return dst, nil
}

// OpenResponse opens a proof of receipt at the server. The errors are ErrMalformed, ErrUnsecured for one without checksum (see
// ReadRefusal) and ErrUnauthentic. The result lies in buf, as with OpenCommand.
func (k *Keys) OpenResponse(buf, packet []byte) (Response, error) {
	switch {
	case !consistent(packet) || int(packet[2]) < refusalHeader:
		return Response{}, ErrMalformed
	case int(packet[2]) < responseForm.data-3:
		return Response{}, ErrUnsecured
	case int(packet[2]) > responseForm.data-3, (len(packet)-responseForm.ciphered)%k.cipher.BlockSize() != 0:
		return Response{}, ErrMalformed
	}
	text, ok := k.unseal(responseForm, buf, packet)
	if !ok {
		return Response{}, ErrUnauthentic
	}
	return readResponse(text, responseForm.data), nil
}

// AppendRefusal appends the response packet of a command that was not authenticated: no counter, no data, no checksum, nothing
// ciphered, so nothing that an attacker could work on.
func AppendRefusal(dst []byte, tar TAR, status Status) []byte {
	return append(dst, 0, refusalHeader+1, refusalHeader, tar[0], tar[1], tar[2], 0, 0, 0, 0, 0, 0, byte(status))
}

// ReadRefusal reads a response packet without checksum. It proves nothing, since anybody can write one: it may be counted and
// raise an alarm, never end a transaction or move a counter. The error is ErrMalformed.
func ReadRefusal(packet []byte) (Response, error) {
	const data = refusalHeader + 3
	if !consistent(packet) || packet[2] != refusalHeader || packet[responseForm.padding] != 0 {
		return Response{}, ErrMalformed
	}
	return readResponse(packet, data), nil
}

// readResponse reads a clear packet whose data begins at the given offset.
func readResponse(text []byte, data int) Response {
	return Response{
		TAR: TAR(text[3:6]), Counter: counterOf(text[responseForm.ciphered:]),
		Status: Status(text[responseForm.padding+1]), Data: text[data:],
	}
}
