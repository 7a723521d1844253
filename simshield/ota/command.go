package ota

import (
	"errors"
	"fmt"
)

// ErrCommand reports a command that the server may not send: another SPI than the profile's, or a counter that is 0 or beyond
// Ceiling.
var ErrCommand = errors.New("ota: command outside the profile")

// TAR is the toolkit application reference: which application on the card a packet is for.
type TAR [3]byte

// String returns the octets in hex.
func (t TAR) String() string { return fmt.Sprintf("%X", t[:]) }

// Command is the content of a command packet.
type Command struct {
	SPI     SPI
	TAR     TAR
	Counter Counter
	Data    []byte

	opened bool // by OpenCommand, so that its report may be secured
}

// AppendCommand appends the packet of c to dst. It allocates only if dst has no room for the packet and Room octets more; Data
// must not lie in dst's spare room. c.Counter must be stored as used before the packet leaves. The errors are ErrCommand and
// ErrTooLong; dst is returned unchanged then.
func (k *Keys) AppendCommand(dst []byte, c Command) ([]byte, error) {
	if !c.SPI.sound() || c.Counter == 0 || c.Counter > Ceiling {
		return dst, ErrCommand
	}
	dst, packet, err := k.grow(commandForm, dst, c.Data)
	if err != nil {
		return dst, err
	}
	packet[3], packet[4] = byte(c.SPI>>8), byte(c.SPI)
	packet[5], packet[6] = k.kic, k.kid
	copy(packet[7:], c.TAR[:])
	c.Counter.put(packet[commandForm.ciphered:])
	k.seal(commandForm, packet)
	return dst, nil
}

// Header is the clear part of a command packet: what a card looks up its application and its keys by. Nothing in it is
// authentic.
type Header struct {
	SPI SPI
	TAR TAR

	kic, kid byte
	length   int // CHL
}

// KeySet returns the number of the key set that the packet names for both purposes, or 0 if there is none: key set 0, or two
// different ones, which the profile has no use for.
func (h Header) KeySet() int {
	if h.kic>>keySetShift != h.kid>>keySetShift {
		return 0
	}
	return int(h.kic >> keySetShift)
}

// ReadHeader reads the clear part of a command packet. The error is ErrMalformed if the lengths contradict each other or the
// octets there are: a card does not answer such a packet.
func ReadHeader(packet []byte) (Header, error) {
	if !consistent(packet) || len(packet) < commandForm.checksum || int(packet[2]) < commandForm.checksum-3 {
		return Header{}, ErrMalformed
	}
	return Header{
		SPI: SPI(packet[3])<<8 | SPI(packet[4]), TAR: TAR(packet[7:10]),
		kic: packet[5], kid: packet[6], length: int(packet[2]),
	}, nil
}

// Gate is what a card asks of a command for one application.
type Gate struct {
	Minimum Level
	Last    Counter // the counter accepted last under the key set
}

// OpenCommand opens a command packet at the card. With status OK the caller stores Command.Counter durably as the Last of the key
// set, then acts. With CounterLow, CounterHigh and CounterBlocked the command is authentic and not to be acted on; its report may
// be secured. With any other status the command is the TAR alone and is answered, if at all, by AppendRefusal; no counter has moved.
//
// The level is checked before any key is used. The result lies in buf, whose content is overwritten; it allocates only if buf has
// no capacity for the packet and Room octets more.
func (k *Keys) OpenCommand(buf, packet []byte, gate Gate) (Command, Status) {
	h, err := ReadHeader(packet)
	if err != nil {
		return Command{}, SecurityError
	}
	if status := k.admit(h, len(packet), gate.Minimum); status != OK {
		return Command{TAR: h.TAR}, status
	}
	text, ok := k.unseal(commandForm, buf, packet)
	if !ok {
		return Command{TAR: h.TAR}, ChecksumFailed
	}
	c := Command{SPI: h.SPI, TAR: h.TAR, Counter: counterOf(text[commandForm.ciphered:]), opened: true}
	if status := h.SPI.accept(gate.Last, c.Counter); status != OK {
		return c, status
	}
	c.Data = text[commandForm.data:]
	return c, OK
}

// admit decides on the clear octets alone.
func (k *Keys) admit(h Header, size int, minimum Level) Status {
	switch {
	case !minimum.admits(h.SPI) || h.kic != k.kic || h.kid != k.kid || h.length < commandForm.data-3:
		return InsufficientSecurity
	case h.length != commandForm.data-3:
		return SecurityError
	case (size-commandForm.ciphered)%k.cipher.BlockSize() != 0:
		return CipheringError
	}
	return OK
}
