package gateway

import (
	"context"
	"errors"

	"simtrust/internal/sqldb"
)

// Way is how a card is reached.
type Way string

// The ways to cards.
const (
	WaySMS     Way = "sms"     // by short messages
	WayPolling Way = "polling" // it asks for its packets over a data channel of its phone, and is absent where it does not
)

func (w Way) known() bool { return w == WaySMS || w == WayPolling }

var errWay = errors.New("the bearer is sms or polling")

// SetWay says how a card is reached from now on; ReasonUnknownCard, or ReasonCard for a way that is none.
func (g *Service) SetWay(ctx context.Context, iccid string, way Way) error {
	if !way.known() {
		return invalid(ReasonCard, "bearer: %v", errWay)
	}
	return g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		known, err := setWay(ctx, tx, iccid, way)
		if err == nil && !known {
			err = errUnknownCard
		}
		return err
	})
}

// Bearers sends each message the way of its card.
type Bearers struct{ SMS, Polling Bearer }

// Deliver implements Bearer.
func (b Bearers) Deliver(ctx context.Context, m Message) (Delivery, error) {
	if m.Way == WayPolling {
		return b.Polling.Deliver(ctx, m)
	}
	return b.SMS.Deliver(ctx, m)
}
