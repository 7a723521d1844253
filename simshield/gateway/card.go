package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Reasons of refusal.
const (
	ReasonCard        = "card_refused"     // invalid: an identity or key that is none
	ReasonUnknownCard = "unknown_card"     // not found
	ReasonMessage     = "message_refused"  // invalid: not a short message with a secured packet
	ReasonUnauthentic = "packet_refused"   // denied: the packet is not the card's, or not an answer to what was sent
	ReasonUnknown     = "unknown_delivery" // not found
)

// Card is a card as it is known here. Its keys are never shown.
type Card struct {
	ICCID, IMSI string
	KeySet      int
	Legacy      bool // triple DES
	Way         Way
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
	Way    Way // "" is WaySMS
}

func (p Personalisation) keys() (*ota.Keys, error) {
	if p.Legacy {
		return ota.NewLegacyKeys(p.KeySet, p.KIc, p.KID)
	}
	return ota.NewKeys(p.KeySet, p.KIc, p.KID)
}

// fault says what is wrong with a card, without saying of which.
func (p Personalisation) fault() error {
	switch {
	case !digits(p.ICCID, 18, 20):
		return errors.New("an ICCID has 18 to 20 digits")
	case !digits(p.IMSI, 14, 15):
		return errors.New("an IMSI has 14 or 15 digits")
	case len(p.KIc) != len(p.KID):
		return errors.New("the keys of a card are of one length")
	case p.Way != "" && !p.Way.known():
		return errWay
	}
	if _, err := p.keys(); err != nil {
		return fmt.Errorf("the keys are not usable: %w", err)
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

// Imported says what became of cards.
type Imported struct {
	Added int `json:"added"`
	Known int `json:"known"` // with the same identity and keys; they are left as they are
	// Differ are the places, counted from 0, of cards whose ICCID or IMSI is known with another identity or other keys. They are left
	// out.
	Differ []int `json:"differ,omitempty"`
}

// Import takes cards in. ReasonCard where one is malformed: none is taken in then.
func (g *Service) Import(ctx context.Context, cards []Personalisation) (done Imported, err error) {
	rows := make([]cardRow, len(cards))
	iccids := make([]string, len(cards))
	for i, p := range cards {
		if err := p.fault(); err != nil {
			return Imported{}, invalid(ReasonCard, "cards[%d]: %v", i, err)
		}
		rows[i], iccids[i] = g.custody.seal(p, g.now()), p.ICCID
	}
	err = g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if err := insertCards(ctx, tx, rows); err != nil {
			return err
		}
		known, err := cardsBy(ctx, tx, "iccid", iccids)
		done = g.compare(cards, rows, known)
		return err
	})
	if err != nil {
		return Imported{}, err
	}
	return done, nil
}

// compare tells what became of the cards that were to be inserted: a row that was is the only one sealed with its nonce.
func (g *Service) compare(cards []Personalisation, rows []cardRow, known []*cardRow) (done Imported) {
	found := make(map[string]*cardRow, len(known))
	for _, k := range known {
		found[k.iccid] = k
	}
	for i, row := range rows {
		switch k := found[row.iccid]; {
		case k == nil || k.imsi != row.imsi:
			done.Differ = append(done.Differ, i)
		case bytes.Equal(k.keys, row.keys):
			done.Added++
		case g.custody.holds(*k, cards[i]):
			done.Known++
		default:
			done.Differ = append(done.Differ, i)
		}
	}
	return done
}

// Card returns a card; ReasonUnknownCard.
func (g *Service) Card(ctx context.Context, iccid string) (Card, error) {
	row, err := findCard(ctx, g.db, iccid)
	if err != nil {
		return Card{}, err
	}
	if row == nil {
		return Card{}, errUnknownCard
	}
	return Card{row.iccid, row.imsi, int(row.keySet), row.legacy, row.way, ota.Counter(row.counter), time.UnixMilli(row.created).UTC()}, nil
}

// Raised is what one step of raising counters did: of how many cards, and where the next step begins; empty: there is none.
type Raised struct {
	Cards int    `json:"cards"`
	Next  string `json:"next,omitempty"`
}

// RaiseCounters moves the counters of cards ahead by the configured gap: after the database was restored from a backup, when cards may
// have seen counters that it does not know of. One step takes up to 10,000 cards, those after the given place, which is empty at first.
func (g *Service) RaiseCounters(ctx context.Context, after string) (done Raised, err error) {
	err = g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		raised, err := raiseSome(ctx, tx, after, raiseStep, int64(g.gap), int64(ota.Ceiling))
		done = Raised{Cards: len(raised)}
		if len(raised) == raiseStep {
			done.Next = slices.Max(raised)
		}
		return err
	})
	return done, err
}

// raiseStep is how many counters one transaction raises.
const raiseStep = 10000

var errUnknownCard = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownCard, Msg: "no card of this identity is known"}

func invalid(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: fmt.Sprintf(format, args...)}
}
