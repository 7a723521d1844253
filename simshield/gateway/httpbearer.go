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
)

// HTTPBearer is an operator's short message gateway behind HTTP:
//
//	POST URL   Authorization: Bearer TOKEN
//	{"id": "ota_….1", "imsi": "460…", "tpdus": ["0444…"]}
//	200 {"state": "accepted" | "delivered" | "busy" | "absent" | "rejected", "report": "00…"}
//
// It reports later by POST /simshield/v1/ota/reports, and brings messages from cards to POST /simshield/v1/ota/messages.
type HTTPBearer struct {
	URL, Token string
	Client     *http.Client
}

type deliverWire struct {
	ID    string   `json:"id"`
	IMSI  string   `json:"imsi"`
	TPDUs []string `json:"tpdus"`
}

// Deliver implements Bearer.
func (b HTTPBearer) Deliver(ctx context.Context, m Message) (Delivery, error) {
	body, err := json.Marshal(deliverWire{m.ID, m.IMSI, hexes(m.TPDUs)})
	if err != nil {
		return Delivery{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.URL, bytes.NewReader(body))
	if err != nil {
		return Delivery{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+b.Token)
	client := *b.Client
	client.CheckRedirect = stay
	res, err := client.Do(req)
	if err != nil {
		return Delivery{}, err
	}
	defer res.Body.Close()
	return readDelivery(res)
}

// stay takes a redirect for the answer: no other address learns of messages.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// maxAnswer bounds the answer of the short message gateway; a report has 164 octets at most.
const maxAnswer = 4096

func readDelivery(res *http.Response) (d Delivery, err error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return d, err
	}
	if res.StatusCode != http.StatusOK {
		return d, fmt.Errorf("the short message gateway answered %d", res.StatusCode)
	}
	var answer struct {
		State  Delivered `json:"state"`
		Report string    `json:"report"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return d, errors.New("the short message gateway's answer is not JSON of the expected shape")
	}
	if !answer.State.known() {
		return d, errors.New("the short message gateway answered a state that is none")
	}
	if d.Report, err = hex.DecodeString(answer.Report); err != nil {
		return Delivery{}, errors.New("the short message gateway's report is not hexadecimal")
	}
	d.State = answer.State
	return d, nil
}

func hexes(tpdus [][]byte) []string {
	out := make([]string, len(tpdus))
	for i, t := range tpdus {
		out[i] = hex.EncodeToString(t)
	}
	return out
}
