package gateway

import (
	"context"
	"slices"
)

// Message is one message to a card, in the short messages that carry it, in order (SMS-DELIVER, 3GPP TS 23.040 §9.2.2.1).
type Message struct {
	// ID names this one sending: a message that is repeated has another.
	ID    string
	ICCID string
	IMSI  string
	Way   Way
	TPDUs [][]byte
}

// Delivered is how far a message came.
type Delivered string

// How far messages come.
const (
	Accepted    Delivered = "accepted"  // the bearer holds it; a report or an answer follows
	OnPhone     Delivered = "delivered" // the phone has given it to the card
	CardBusy    Delivered = "busy"      // the card is asking its owner something (3GPP TS 23.040 §9.2.3.22, cause D4); it is sent again later
	PhoneAbsent Delivered = "absent"    // the phone is off or out of coverage, and the bearer does not hold it
	Rejected    Delivered = "rejected"  // for good
)

func (d Delivered) known() bool {
	return slices.Contains([]Delivered{Accepted, OnPhone, CardBusy, PhoneAbsent, Rejected}, d)
}

// Delivery is what the bearer says of a message.
type Delivery struct {
	State Delivered
	// Report is the SMS-DELIVER-REPORT that the phone acknowledged with (3GPP TS 23.040 §9.2.2.1a), where the bearer has it: the card's
	// first answer is in it.
	Report []byte
}

// Bearer brings messages to cards. An error means that it is not known whether it did; the message is repeated with another counter.
// Deliver returns when ctx ends.
type Bearer interface {
	Deliver(ctx context.Context, m Message) (Delivery, error)
}
