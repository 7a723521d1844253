package ota

import (
	"bytes"
	"errors"

	"simtrust/internal/sms"
)

// The user data headers that name a packet (TS 31.115 §4.2, §4.3): one element, without data.
const (
	commandHeader  = "\x02\x70\x00"
	responseHeader = "\x02\x71\x00"
)

// ErrBearer reports a short message that carries no packet, or not as TS 31.115 has it: another PID, DCS or TPDU, no header or
// other elements in it. It is joined with the sms package's reason where there is one.
var ErrBearer = errors.New("ota: not the short message of a secured packet")

// CommandMessage returns a command packet as a message: one segment of up to 137 octets, or several under reference, of which only
// the first names the packet.
func CommandMessage(packet []byte, reference byte) sms.Message {
	return message(commandHeader, packet, reference)
}

// ResponseMessage is CommandMessage for a response packet, which goes by SMS-SUBMIT.
func ResponseMessage(packet []byte, reference byte) sms.Message {
	return message(responseHeader, packet, reference)
}

func message(header string, packet []byte, reference byte) sms.Message {
	return sms.Message{
		DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header(header), Body: packet}, Reference: uint16(reference),
	}
}

// Segments returns a command packet as SMS-DELIVER TPDUs. The errors are ErrTooLong above 255 segments and those of a bad address.
func Segments(packet []byte, from sms.Address, at sms.Timestamp, reference byte) ([][]byte, error) {
	return tpdus(CommandMessage(packet, reference), func(_ int, u sms.UserData) ([]byte, error) {
		d := sms.Deliver{From: from, PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Time: at, Data: u}
		return d.Append(nil)
	})
}

// Submits returns a response packet as the SMS-SUBMIT TPDUs that the card has the mobile send; their message references count
// from 0, for the mobile to replace. The errors are as with Segments.
func Submits(packet []byte, to sms.Address, reference byte) ([][]byte, error) {
	return tpdus(ResponseMessage(packet, reference), func(number int, u sms.UserData) ([]byte, error) {
		s := sms.Submit{Reference: byte(number), To: to, PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: u}
		return s.Append(nil)
	})
}

func tpdus(m sms.Message, build func(number int, u sms.UserData) ([]byte, error)) ([][]byte, error) {
	split, err := m.Split()
	if err != nil {
		return nil, errors.Join(ErrTooLong, err)
	}
	out := make([][]byte, 0, split.Total())
	for u, ok := split.Next(nil); ok; u, ok = split.Next(nil) {
		tpdu, err := build(len(out), u)
		if err != nil {
			return nil, err
		}
		out = append(out, tpdu)
	}
	return out, nil
}

// ReadDeliver reads one of Segments: whom it is from, and the user data for a collector of commands.
func ReadDeliver(tpdu []byte) (from sms.Address, u sms.UserData, err error) {
	d, err := sms.ParseDeliver(tpdu)
	switch {
	case err != nil:
		return sms.Address{}, sms.UserData{}, errors.Join(ErrBearer, err)
	case d.PID != sms.PIDForUSIM || d.DCS != sms.DCSForUSIM:
		return sms.Address{}, sms.UserData{}, ErrBearer
	}
	return d.From, d.Data, nil
}

// ReadSubmit reads one of Submits: the user data for a collector of responses.
func ReadSubmit(tpdu []byte) (sms.UserData, error) {
	s, err := sms.ParseSubmit(tpdu)
	switch {
	case err != nil:
		return sms.UserData{}, errors.Join(ErrBearer, err)
	case s.DCS.Alphabet() != sms.Octets:
		return sms.UserData{}, ErrBearer
	}
	return s.Data, nil
}

// AppendAnswer appends what a card answers an ENVELOPE (SMS-PP DOWNLOAD) with: the header that names a response, and the packet.
func AppendAnswer(dst, packet []byte) []byte {
	return append(append(dst, responseHeader...), packet...)
}

// ReadAnswer returns the response packet in a card's answer, or in a message of one segment as other bearers hand it on. The error
// is ErrBearer.
func ReadAnswer(answer []byte) ([]byte, error) {
	packet, ok := bytes.CutPrefix(answer, []byte(responseHeader))
	if !ok {
		return nil, ErrBearer
	}
	return packet, nil
}

// DeliverReport returns a card's answer as the SMS-DELIVER-REPORT that the mobile sends. The errors are ErrBearer and ErrTooLong.
func DeliverReport(answer []byte) ([]byte, error) {
	packet, err := ReadAnswer(answer)
	if err != nil {
		return nil, err
	}
	r := sms.DeliverReport{Parameters: sms.Parameters{
		HasPID: true, PID: sms.PIDForUSIM, HasDCS: true, DCS: sms.DCSForUSIM,
		HasData: true, Data: sms.UserData{Header: sms.Header(responseHeader), Body: packet},
	}}
	tpdu, err := r.Append(nil)
	if err != nil {
		return nil, errors.Join(ErrTooLong, err)
	}
	return tpdu, nil
}

// ReadDeliverReport returns the response packet in the SMS-DELIVER-REPORT of an RP-ACK. The error is ErrBearer.
func ReadDeliverReport(tpdu []byte) ([]byte, error) {
	r, err := sms.ParseDeliverReport(tpdu, false)
	switch {
	case err != nil:
		return nil, errors.Join(ErrBearer, err)
	case !r.HasData || r.HasDCS && r.DCS.Alphabet() != sms.Octets || string(r.Data.Header) != responseHeader:
		return nil, ErrBearer
	}
	return r.Data.Body, nil
}
