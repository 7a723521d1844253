package gateway

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"simtrust/internal/rpc"
	"simtrust/simshield/ota"
)

// Scopes of the operations: ScopeBearer is for the operator's short message gateway, ScopeCards for its personalisation.
const (
	ScopeBearer = "ota:bearer"
	ScopeCards  = "ota:cards"
)

const (
	patternMessage = "POST /simshield/v1/ota/messages"
	patternReport  = "POST /simshield/v1/ota/reports"
	patternImport  = "POST /simshield/v1/cards"
	patternCard    = "POST /simshield/v1/cards/show"
	patternWay     = "POST /simshield/v1/cards/bearer"
	patternRaise   = "POST /simshield/v1/cards/raise-counters"
)

// Bounds of an import: how many cards one request brings, and in how many octets.
const (
	maxImport     = 1000
	maxImportBody = 512 << 10
)

// Mount puts the operations on r.
func (g *Service) Mount(r *rpc.Router) {
	rpc.Handle(r, "ota.message", patternMessage, g.message, rpc.Scope(ScopeBearer))
	rpc.Handle(r, "ota.report", patternReport, g.report, rpc.Scope(ScopeBearer))
	rpc.Handle(r, "ota.import_cards", patternImport, g.importCards, rpc.Scope(ScopeCards), rpc.Status(http.StatusCreated), rpc.MaxBody(maxImportBody))
	rpc.Handle(r, "ota.card", patternCard, g.showCard, rpc.Scope(ScopeCards))
	rpc.Handle(r, "ota.card_bearer", patternWay, g.setWay, rpc.Scope(ScopeCards))
	rpc.Handle(r, "ota.raise_counters", patternRaise, g.raiseCounters, rpc.Scope(ScopeCards))
}

// messageWire is a message from a card: the SMS-SUBMIT TPDUs of one concatenated message, in any order, in hexadecimal.
type messageWire struct {
	IMSI  string   `json:"imsi"`
	TPDUs []string `json:"tpdus"`
}

// reportWire is how a message ended that the bearer had accepted, with the SMS-DELIVER-REPORT where there is one.
type reportWire struct {
	ID     string    `json:"id"`
	State  Delivered `json:"state"`
	Report string    `json:"report"`
}

type cardsWire struct {
	Cards []personalWire `json:"cards"`
}

// personalWire is a card; its keys are in hexadecimal, algorithm is aes or 3des, bearer is sms, also where it is absent, or polling.
type personalWire struct {
	ICCID     string `json:"iccid"`
	IMSI      string `json:"imsi"`
	Algorithm string `json:"algorithm"`
	KeySet    int    `json:"key_set"`
	KIc       string `json:"kic"`
	KID       string `json:"kid"`
	Bearer    Way    `json:"bearer,omitzero"`
}

type iccidWire struct {
	ICCID string `json:"iccid"`
}

type cardWire struct {
	ICCID     string    `json:"iccid"`
	IMSI      string    `json:"imsi"`
	Algorithm string    `json:"algorithm"`
	KeySet    int       `json:"key_set"`
	Bearer    Way       `json:"bearer"`
	Counter   uint64    `json:"counter"`
	Created   time.Time `json:"created"`
}

type wayWire struct {
	ICCID  string `json:"iccid"`
	Bearer Way    `json:"bearer"`
}

type raiseWire struct {
	After string `json:"after"`
}

type nothingWire struct{}

func (g *Service) message(ctx context.Context, w messageWire) (nothingWire, error) {
	tpdus := make([][]byte, len(w.TPDUs))
	for i, t := range w.TPDUs {
		var err error
		if tpdus[i], err = hex.DecodeString(t); err != nil {
			return nothingWire{}, invalid(ReasonMessage, "tpdus: not hexadecimal")
		}
	}
	return nothingWire{}, g.Receive(ctx, w.IMSI, tpdus)
}

func (g *Service) report(ctx context.Context, w reportWire) (nothingWire, error) {
	report, err := hex.DecodeString(w.Report)
	if err != nil {
		return nothingWire{}, invalid(ReasonMessage, "report: not hexadecimal")
	}
	return nothingWire{}, g.Report(ctx, w.ID, Delivery{w.State, report})
}

func (g *Service) importCards(ctx context.Context, w cardsWire) (Imported, error) {
	if len(w.Cards) == 0 || len(w.Cards) > maxImport {
		return Imported{}, invalid(ReasonCard, "cards: one to %d at a time", maxImport)
	}
	cards := make([]Personalisation, len(w.Cards))
	for i, c := range w.Cards {
		var err error
		if cards[i], err = c.read(); err != nil {
			return Imported{}, err
		}
	}
	return g.Import(ctx, cards)
}

func (w personalWire) read() (Personalisation, error) {
	p := Personalisation{ICCID: w.ICCID, IMSI: w.IMSI, KeySet: w.KeySet, Legacy: w.Algorithm == algorithm3DES, Way: w.Bearer}
	if w.Algorithm != algorithmAES && !p.Legacy {
		return p, invalid(ReasonCard, "algorithm: aes or 3des")
	}
	var err error
	if p.KIc, err = hex.DecodeString(w.KIc); err != nil {
		return p, invalid(ReasonCard, "kic: not hexadecimal")
	}
	if p.KID, err = hex.DecodeString(w.KID); err != nil {
		return p, invalid(ReasonCard, "kid: not hexadecimal")
	}
	return p, nil
}

func (p Personalisation) wire() personalWire {
	return personalWire{p.ICCID, p.IMSI, algorithmOf(p.Legacy), p.KeySet, hex.EncodeToString(p.KIc), hex.EncodeToString(p.KID), p.Way}
}

func (g *Service) showCard(ctx context.Context, w iccidWire) (cardWire, error) {
	c, err := g.Card(ctx, w.ICCID)
	return cardWire{c.ICCID, c.IMSI, algorithmOf(c.Legacy), c.KeySet, c.Way, uint64(c.Counter), c.Created}, err
}

func (w cardWire) read() Card {
	return Card{w.ICCID, w.IMSI, w.KeySet, w.Algorithm == algorithm3DES, w.Bearer, ota.Counter(w.Counter), w.Created}
}

func (g *Service) setWay(ctx context.Context, w wayWire) (nothingWire, error) {
	return nothingWire{}, g.SetWay(ctx, w.ICCID, w.Bearer)
}

func (g *Service) raiseCounters(ctx context.Context, w raiseWire) (Raised, error) {
	return g.RaiseCounters(ctx, w.After)
}

// Words for the algorithm of a card's keys.
const (
	algorithmAES  = "aes"
	algorithm3DES = "3des"
)

func algorithmOf(legacy bool) string {
	if legacy {
		return algorithm3DES
	}
	return algorithmAES
}
