package gateway

import (
	"context"
	"fmt"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Reasons of refusal.
const (
	ReasonCard        = "card_refused"     // invalid: an identity or key that is none
	ReasonCardDiffers = "card_differs"     // conflict: the card is known with another identity or other keys
	ReasonUnknownCard = "unknown_card"     // not found
	ReasonMessage     = "message_refused"  // invalid: not a short message with a secured packet
	ReasonUnauthentic = "packet_refused"   // denied: the packet is not the card's, or not an answer to what was sent
	ReasonExhausted   = "counter_used_up"  // unavailable: the card needs new keys
	ReasonUnknown     = "unknown_delivery" // not found
)

// Card is a card as it is known here. Its keys are never shown.
type Card struct {
	ICCID, IMSI string
	KeySet      int
	Legacy      bool // triple DES
	Counter     ota.Counter
	Created     time.Time
}

// Personalisation is a card as its maker delivers it.
type Personalisation struct {
	ICCID, IMSI string
	KeySet      int
	KIc, KID    []byte
	// Legacy says that the keys are of triple DES; it has to be said, so that nobody imports such cards unawares.
	Legacy bool
}

func (p Personalisation) keys() (*ota.Keys, error) {
	if p.Legacy {
		return ota.NewLegacyKeys(p.KeySet, p.KIc, p.KID)
	}
	return ota.NewKeys(p.KeySet, p.KIc, p.KID)
}

func (p Personalisation) check() error {
	switch {
	case !digits(p.ICCID, 18, 20):
		return invalid(ReasonCard, "an ICCID has 18 to 20 digits")
	case !digits(p.IMSI, 14, 15):
		return invalid(ReasonCard, "an IMSI has 14 or 15 digits")
	}
	if _, err := p.keys(); err != nil {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonCard, Op: "gateway.import", Msg: "the keys of the card are not usable: " + err.Error(), Err: err}
	}
	return nil
}

func digits(s string, low, high int) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) >= low && len(s) <= high
}

// Import takes cards in, all or none of them, and says how many were new. A card that is known with the same identity and keys is
// left as it is; ReasonCardDiffers where it is another, ReasonCard where one is malformed.
func (g *Service) Import(ctx context.Context, cards []Personalisation) (added int, err error) {
	rows := make([]cardRow, len(cards))
	for i, p := range cards {
		if err := p.check(); err != nil {
			return 0, err
		}
		if rows[i], err = g.custody.seal(p, g.now()); err != nil {
			return 0, err
		}
	}
	err = g.db.InTx(ctx, func(tx *sqldb.Tx) error {
		added = 0
		for i, row := range rows {
			isNew, err := g.admit(ctx, tx, row, cards[i])
			if err != nil {
				return err
			}
			if isNew {
				added++
			}
		}
		return nil
	})
	return added, err
}

// admit inserts a card, or finds that it is the one that is known.
func (g *Service) admit(ctx context.Context, tx *sqldb.Tx, row cardRow, p Personalisation) (isNew bool, err error) {
	if isNew, err = insertCard(ctx, tx, row); err != nil || isNew {
		return isNew, err
	}
	known, err := findCard(ctx, tx, "iccid", row.iccid)
	if err != nil {
		return false, err
	}
	if known == nil || known.imsi != row.imsi || !g.custody.holds(*known, p) {
		return false, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonCardDiffers, Op: "gateway.import",
			Msg: "a card of this ICCID or IMSI is known already, with another identity or other keys"}
	}
	return false, nil
}

// Card returns a card; ReasonUnknownCard.
func (g *Service) Card(ctx context.Context, iccid string) (Card, error) {
	row, err := findCard(ctx, g.db, "iccid", iccid)
	if err != nil {
		return Card{}, err
	}
	if row == nil {
		return Card{}, errUnknownCard
	}
	return Card{row.iccid, row.imsi, int(row.keySet), row.legacy, ota.Counter(row.counter), time.UnixMilli(row.created).UTC()}, nil
}

// RaiseCounters moves the counter of every card ahead by the configured gap: after the database was restored from a backup, when cards
// may have seen counters that it does not know of.
func (g *Service) RaiseCounters(ctx context.Context) (cards int64, err error) {
	err = g.db.InTx(ctx, func(tx *sqldb.Tx) error {
		cards, err = raiseAll(ctx, tx, int64(g.gap), int64(ota.Ceiling))
		return err
	})
	return cards, err
}

var errUnknownCard = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownCard, Msg: "no card of this identity is known; import it first"}

func invalid(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: fmt.Sprintf(format, args...)}
}
