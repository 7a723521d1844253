package sandbox

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"simtrust/internal/rpc"
	"simtrust/simshield/softsim"
)

// SIM is a card as its issuer made it; keys are in hexadecimal.
type SIM struct {
	IMSI       string `json:"imsi"`
	ICCID      string `json:"iccid"`
	Ki         string `json:"ki"`
	OPc        string `json:"opc"`
	KIc        string `json:"kic"` // ciphers packets over the air
	KID        string `json:"kid"` // authenticates them
	SIMPIN     string `json:"sim_pin"`
	LoginPIN   string `json:"login_pin"`
	SigningPIN string `json:"signing_pin"`
	Bearer     string `json:"bearer,omitempty"` // how the server reaches it; empty: by short message
}

// makeSIM makes one with random keys and PINs.
func makeSIM() SIM {
	return SIM{
		IMSI: newIMSI(), ICCID: newICCID(), Ki: octets(16), OPc: octets(16), KIc: octets(16), KID: octets(16),
		SIMPIN: digits(4), LoginPIN: digits(4), SigningPIN: digits(6),
	}
}

func newIMSI() string  { return "46000" + digits(10) }
func newICCID() string { return "898600" + digits(14) }

// keySet is the number of the keys for packets over the air, and mncLength that of the digits of the network's code in an IMSI.
const (
	keySet    = 1
	mncLength = 2
)

// personalisation is what goes onto the card.
func (s SIM) personalisation() (softsim.Personalisation, error) {
	var keys [][]byte
	for _, text := range []string{s.Ki, s.OPc, s.KIc, s.KID} {
		key, err := hex.DecodeString(text)
		if err != nil || len(key) != 16 {
			return softsim.Personalisation{}, errors.New("sandbox: a key of a card is not of 16 octets")
		}
		keys = append(keys, key)
	}
	return softsim.Personalisation{
		ICCID: s.ICCID, IMSI: s.IMSI, MNCLength: mncLength, K: [16]byte(keys[0]), OPc: [16]byte(keys[1]),
		SIMPIN: softsim.PIN(s.SIMPIN), LoginPIN: softsim.PIN(s.LoginPIN), SigningPIN: softsim.PIN(s.SigningPIN),
		OTA: []softsim.KeySet{{Number: keySet, KIc: keys[2], KID: keys[3]}},
	}, nil
}

// cardImport is what the personalisation of cards tells the server's over-the-air platform.
type cardImport struct {
	Cards []importedCard `json:"cards"`
}

type importedCard struct {
	ICCID     string `json:"iccid"`
	IMSI      string `json:"imsi"`
	Algorithm string `json:"algorithm"`
	KeySet    int    `json:"key_set"`
	KIc       string `json:"kic"`
	KID       string `json:"kid"`
	Bearer    string `json:"bearer,omitempty"`
}

type importAnswer struct {
	Added  int   `json:"added"`
	Known  int   `json:"known"`
	Differ []int `json:"differ"`
}

// importBatch is how many cards fit into the body of one request.
const importBatch = 200

// deliverCards makes cards known to the server, as their maker does before anybody gets one. Cards that it knows stay as they are.
func (o *operator) deliverCards(ctx context.Context, sims ...SIM) error {
	post := rpc.Call[cardImport, importAnswer](o.admin, "POST /simshield/v1/cards")
	for batch := range slices.Chunk(sims, importBatch) {
		var req cardImport
		for _, s := range batch {
			req.Cards = append(req.Cards, importedCard{ICCID: s.ICCID, IMSI: s.IMSI, Algorithm: "aes", KeySet: keySet, KIc: s.KIc, KID: s.KID, Bearer: s.Bearer})
		}
		answer, err := post(ctx, req)
		if err != nil {
			return fmt.Errorf("sandbox: import of cards: %w", err)
		}
		if len(answer.Differ) > 0 {
			return errors.New("sandbox: the server knows some of the cards with other keys; start with an empty data folder")
		}
	}
	return nil
}
