package ota

import (
	"errors"
	"time"

	"simtrust/internal/sms"
)

// Collector puts packets together from the user data of short messages. K tells the senders apart: an address at the card, the
// card at the server. It is safe for concurrent use.
//
// It checks what the checksum cannot: that the segments are of one message, and that only the first names a packet. What it
// returns may still be anything, since segments carry no proof of their own.
type Collector[K comparable] struct {
	element byte
	parts   *sms.Reassembler[K]
}

// CollectCommands returns the collector of a card.
func CollectCommands[K comparable](limits sms.Limits) *Collector[K] {
	return &Collector[K]{sms.ElementCommandPacket, sms.NewReassembler[K](limits)}
}

// CollectResponses returns the collector of a server.
func CollectResponses[K comparable](limits sms.Limits) *Collector[K] {
	return &Collector[K]{sms.ElementResponsePacket, sms.NewReassembler[K](limits)}
}

// Add takes the user data of one message and returns the packet and true when it is complete. The error is ErrBearer, or the sms
// package's ErrMixed or ErrBusy; a refused segment changes nothing.
func (c *Collector[K]) Add(from K, u sms.UserData, now time.Time) (packet []byte, complete bool, err error) {
	if !c.names(u.Header) {
		return nil, false, ErrBearer
	}
	whole, complete, err := c.parts.Add(from, sms.DCSForUSIM, u, now)
	if err != nil || !complete {
		return nil, false, err
	}
	return whole.Body, true, nil
}

// names reports that a header has nothing but a concatenation, if any, and that it names the packet exactly in the first segment.
func (c *Collector[K]) names(h sms.Header) bool {
	if !h.Valid() {
		return false
	}
	at, long, err := h.Concatenation()
	if err != nil {
		return false
	}
	named := 0
	for e := range h.All() {
		switch {
		case e.ID == c.element && len(e.Data) == 0:
			named++
		case e.ID != sms.ElementConcatenation && e.ID != sms.ElementConcatenationWide:
			return false
		}
	}
	if long && at.Number > 1 {
		return named == 0
	}
	return named == 1
}

// JoinSubmits returns the response packet in all the SMS-SUBMITs of one report, in any order. The error is ErrBearer, also where
// one is missing or one too many.
func JoinSubmits(tpdus [][]byte) ([]byte, error) {
	server := CollectResponses[struct{}](sms.Limits{Messages: 1, PerSender: 1, Life: 1})
	for i, tpdu := range tpdus {
		u, err := ReadSubmit(tpdu)
		if err != nil {
			return nil, err
		}
		packet, complete, err := server.Add(struct{}{}, u, time.Time{})
		switch {
		case err != nil:
			return nil, errors.Join(ErrBearer, err)
		case complete && (i < len(tpdus)-1 || server.parts.Expire(time.Time{}) > 0):
			return nil, ErrBearer
		case complete:
			return packet, nil
		}
	}
	return nil, ErrBearer
}
