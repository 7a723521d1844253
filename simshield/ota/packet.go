package ota

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Errors of both packets.
var (
	// ErrMalformed reports octets that are no packet: lengths that contradict each other or the octets there are.
	ErrMalformed = errors.New("ota: malformed packet")
	// ErrUnsecured reports a packet without the checksum and ciphering that are always required.
	ErrUnsecured = errors.New("ota: packet without the required security")
	// ErrUnauthentic reports a packet that the key set did not make: wrong checksum, keys or padding, not told apart.
	ErrUnauthentic = errors.New("ota: packet not authentic")
	// ErrTooLong reports data beyond what the length octets or the segments can carry.
	ErrTooLong = errors.New("ota: packet too long")
)

// Room is what a buffer needs beyond the packet for the Append and Open methods not to allocate: the state of the checksum and
// the octets that the checksum covers before the data.
const Room = 2 * headLength

// headLength is the length of what the checksum covers before the data: up to PCNTR in a command; the octets of the user data
// header and up to the status in a response.
const headLength = 16

// A form is the layout of one kind of packet, by offsets.
type form struct {
	prefix   string // covered by the checksum, not part of the packet
	ciphered int    // the counter, first of what is ciphered
	padding  int
	checksum int
	data     int
}

var (
	commandForm  = form{ciphered: 10, padding: 15, checksum: 16, data: 16 + checksumLength}
	responseForm = form{prefix: responseHeader, ciphered: 6, padding: 11, checksum: 13, data: 13 + checksumLength}
)

// grow appends to dst a packet of f that has its lengths, data and padding, and room for scratch behind it; the caller fills in the
// other fields and seals it. It returns the extended dst and the packet at its end.
func (k *Keys) grow(f form, dst, data []byte) (extended, packet []byte, err error) {
	padding := -(f.data - f.ciphered + len(data)) & (k.cipher.BlockSize() - 1)
	size := f.data + len(data) + padding
	if size-2 > math.MaxUint16 {
		return dst, nil, ErrTooLong
	}
	extended = slices.Grow(dst, size+Room)[:len(dst)+size]
	packet = extended[len(dst):]
	binary.BigEndian.PutUint16(packet, uint16(size-2))
	packet[2] = byte(f.data - 3)
	packet[f.padding] = byte(padding)
	clear(packet[f.data+copy(packet[f.data:], data):])
	return extended, packet, nil
}

// seal computes the checksum of a complete packet and ciphers it (TS 102 225 §5.1.1: checksum first). The packet has Room octets
// of capacity behind it.
func (k *Keys) seal(f form, packet []byte) {
	scratch := packet[len(packet) : len(packet)+Room]
	k.checksum(f, packet, scratch)
	copy(packet[f.checksum:f.data], scratch)
	clear(scratch)
	encrypt(k.cipher, packet[f.ciphered:])
}

// checksum leaves the checksum in the first octets of scratch.
func (k *Keys) checksum(f form, packet, scratch []byte) {
	head := scratch[headLength:]
	copy(head[copy(head, f.prefix):], packet[:f.checksum])
	k.mac.sum(scratch[:headLength], head, packet[f.data:])
}

// unseal deciphers a packet of right lengths into buf, checks it and returns it in clear without its padding. Wrong checksum and
// wrong padding count take one path; nothing of a packet that fails is left in buf.
func (k *Keys) unseal(f form, buf, packet []byte) ([]byte, bool) {
	room := append(slices.Grow(buf[:0], len(packet)+Room), packet...)[:len(packet)+Room]
	clearText, scratch := room[:len(packet)], room[len(packet):]
	decrypt(k.cipher, clearText[f.ciphered:])
	k.checksum(f, clearText, scratch)
	padding, data := int(clearText[f.padding]), len(clearText)-f.data
	good := subtle.ConstantTimeCompare(scratch[:checksumLength], clearText[f.checksum:f.data]) &
		subtle.ConstantTimeLessOrEq(padding, min(data, k.cipher.BlockSize()-1))
	clear(scratch)
	if good != 1 {
		clear(clearText)
		return nil, false
	}
	return clearText[:len(clearText)-padding], true
}

// consistent reports that the length octets of a packet say how long it is.
func consistent(packet []byte) bool {
	return len(packet) >= 3 && int(binary.BigEndian.Uint16(packet)) == len(packet)-2 && int(packet[2]) <= len(packet)-3
}
