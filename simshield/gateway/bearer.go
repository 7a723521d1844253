package gateway

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Message is one message to a card, in the short messages that carry it, in order (SMS-DELIVER, 3GPP TS 23.040 §9.2.2.1).
type Message struct {
	ID    string
	IMSI  string
	TPDUs [][]byte
}

// Delivered is how far a message came.
type Delivered string

// How far messages come.
const (
	Accepted    Delivered = "accepted"  // the bearer holds it; a report or an answer follows
	OnPhone     Delivered = "delivered" // the phone has given it to the card
	PhoneAbsent Delivered = "absent"    // the phone is off or out of coverage, and the bearer does not hold it
	Rejected    Delivered = "rejected"  // for good
)

// Delivery is what the bearer says of a message.
type Delivery struct {
	State Delivered
	// Report is the SMS-DELIVER-REPORT that the phone acknowledged with (3GPP TS 23.040 §9.2.2.1a), where the bearer has it: the card's
	// first answer is in it.
	Report []byte
}

// Bearer brings messages to cards. An error means that it is not known whether it did; the message is repeated with another counter.
type Bearer interface {
	Deliver(ctx context.Context, m Message) (Delivery, error)
}

// HTTPBearer is an operator's short message gateway behind HTTP:
//
//	POST URL   Authorization: Bearer TOKEN
//	{"id": "ota_…", "imsi": "460…", "tpdus": ["0444…"]}
//	200 {"state": "accepted" | "delivered" | "absent" | "rejected", "report": "00…"}
//
// It reports later by POST /simshield/v1/ota/reports, and brings messages from cards to POST /simshield/v1/ota/messages.
type HTTPBearer struct {
	URL, Token string
	Client     *http.Client
}

// Deliver implements Bearer.
func (b HTTPBearer) Deliver(ctx context.Context, m Message) (Delivery, error) {
	body, err := json.Marshal(map[string]any{"id": m.ID, "imsi": m.IMSI, "tpdus": hexes(m.TPDUs)})
	if err != nil {
		return Delivery{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, bytes.NewReader(body))
	if err != nil {
		return Delivery{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+b.Token)
	res, err := b.Client.Do(req)
	if err != nil {
		return Delivery{}, err
	}
	defer res.Body.Close()
	return readDelivery(res)
}

func readDelivery(res *http.Response) (d Delivery, err error) {
	if res.StatusCode != http.StatusOK {
		return d, fmt.Errorf("the short message gateway answered %s", res.Status)
	}
	var answer struct {
		State  Delivered `json:"state"`
		Report string    `json:"report"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 4096)).Decode(&answer); err != nil {
		return d, fmt.Errorf("the short message gateway's answer is not JSON: %w", err)
	}
	if !answer.State.known() {
		return d, errors.New("the short message gateway answered a state that is none")
	}
	d.State = answer.State
	d.Report, err = hex.DecodeString(answer.Report)
	return d, err
}

func (d Delivered) known() bool {
	return slices.Contains([]Delivered{Accepted, OnPhone, PhoneAbsent, Rejected}, d)
}

func hexes(tpdus [][]byte) []string {
	out := make([]string, len(tpdus))
	for i, t := range tpdus {
		out[i] = hex.EncodeToString(t)
	}
	return out
}
