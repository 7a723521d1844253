package agent

import (
	"bytes"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/handset"
)

// sender is whom the messages are from: a card does not look at it.
var sender = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}

// courier brings packets to the card.
type courier struct {
	deliver   func(tpdu []byte) (handset.Report, error)
	now       func() time.Time
	reference byte

	last    []byte // the packet that the card took last
	answer  []byte // its first answer to that
	refused bool   // it had none that proves anything
}

// hand gives the card a packet and returns its first answer; nil where there is none: the card is busy, or refuses the packet.
func (c *courier) hand(packet []byte) []byte {
	if bytes.Equal(packet, c.last) {
		return c.answer
	}
	report, err := c.bring(packet)
	if err != nil || report.Busy {
		return nil
	}
	c.last = packet
	c.answer, err = ota.ReadDeliverReport(report.TPDU)
	c.refused = report.Failure || err != nil
	if c.refused {
		c.answer = nil
	}
	return c.answer
}

// bring brings the segments of a packet, and returns the report on the last one.
func (c *courier) bring(packet []byte) (report handset.Report, err error) {
	at, err := sms.NewTimestamp(c.now())
	if err != nil {
		return report, err
	}
	c.reference++
	tpdus, err := ota.Segments(packet, sender, at, c.reference)
	for _, tpdu := range tpdus {
		if report, err = c.deliver(tpdu); err != nil || report.Failure {
			break
		}
	}
	return report, err
}
