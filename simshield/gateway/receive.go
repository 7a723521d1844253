package gateway

import (
	"context"
	"errors"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Receive takes a message that a card sent: the SMS-SUBMITs of one proof of receipt. It returns when what follows from it is durable.
// ReasonMessage, ReasonUnknownCard and ReasonUnauthentic say that nothing followed; of kind unavailable, that the bearer should bring it
// again.
func (g *Service) Receive(ctx context.Context, imsi string, tpdus [][]byte) error {
	packet, err := ota.JoinSubmits(tpdus)
	if err != nil {
		return g.refuse("malformed", invalid(ReasonMessage, "not the short messages of one response packet"))
	}
	card, err := g.cards.Do(ctx, imsi)
	if err != nil {
		return err
	}
	if card == nil {
		return g.refuse("unauthentic", errUnknownCard)
	}
	return g.open(ctx, card, packet)
}

// reported looks at the card's first answer to a packet: that it has it, or refuses it. What is not authentic says nothing.
func (g *Service) reported(ctx context.Context, p packetRow, card *cardRow, report []byte) error {
	packet, err := ota.ReadDeliverReport(report)
	if err != nil {
		return err
	}
	res, err := g.authenticate(card, packet)
	if err != nil {
		return err
	}
	if taken(res.Status) && int64(res.Counter) == p.counter && res.TAR == ota.TAR(p.tar) {
		g.metrics.received.WithLabelValues(res.Status.String()).Inc()
		return g.freed(ctx, p.id, res.Counter) // what it answers need not be looked for
	}
	return g.match(ctx, card.iccid, res, packet)
}

// taken says that the card has the packet and answers later.
func taken(s ota.Status) bool { return s == ota.ResponseBySubmit || s == ota.MoreTime }

// open takes a response packet.
func (g *Service) open(ctx context.Context, card *cardRow, packet []byte) error {
	res, err := g.authenticate(card, packet)
	if err != nil {
		return err
	}
	return g.match(ctx, card.iccid, res, packet)
}

// authenticate opens a response packet with the card's keys.
func (g *Service) authenticate(card *cardRow, packet []byte) (ota.Response, error) {
	keys, err := g.custody.open(*card)
	if err != nil {
		return ota.Response{}, err
	}
	res, err := keys.OpenResponse(nil, packet)
	switch {
	case errors.Is(err, ota.ErrMalformed):
		return res, g.refuse("malformed", invalid(ReasonMessage, "not a response packet"))
	case err != nil:
		return res, g.refuse("unauthentic", errUnauthentic)
	}
	return res, nil
}

// match finds what an authentic response answers and acts on it. A response to what has ended already is taken and changes nothing.
func (g *Service) match(ctx context.Context, iccid string, res ota.Response, packet []byte) error {
	s, err := g.origins.Do(ctx, sentAs{iccid, int64(res.Counter)})
	if err != nil {
		return err
	}
	if s == nil || ota.TAR(s.tar) != res.TAR {
		return g.refuse("unmatched", errUnauthentic)
	}
	g.metrics.received.WithLabelValues(res.Status.String()).Inc()
	if s.done {
		return nil
	}
	switch {
	case res.Status == ota.OK:
		return g.handler.Replied(ctx, Reply{Packet: s.packet, Ref: s.ref, ICCID: iccid, TAR: res.TAR, Counter: res.Counter, Status: res.Status,
			Data: res.Data, Command: s.command, Response: packet})
	case taken(res.Status):
		return g.freed(ctx, s.packet, res.Counter)
	case res.Status == ota.CounterLow:
		return g.jump(ctx, s.packet, res.Counter)
	default:
		return g.fail(ctx, Failure{Packet: s.packet, Ref: s.ref, ICCID: iccid, TAR: res.TAR, Cause: Refused})
	}
}

// freed frees the card of a packet that it has.
func (g *Service) freed(ctx context.Context, packet string, sent ota.Counter) error {
	return g.landing(ctx, outcome{sentAs{packet, int64(sent)}, true})
}

// jump goes ahead of a card that has seen higher counters than the database knows of, and repeats the packet. A card says so too of a
// packet that the network brought twice: that is no reason to jump.
func (g *Service) jump(ctx context.Context, packet string, low ota.Counter) error {
	g.log.WarnContext(ctx, "a card has seen higher counters; was the database restored?", "packet", packet)
	return g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(g.rouse)
		return outpace(ctx, tx, packet, int64(low), int64(g.gap), g.now())
	})
}

func (g *Service) refuse(why string, err error) error {
	g.metrics.received.WithLabelValues(why).Inc()
	return err
}

var errUnauthentic = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonUnauthentic, Msg: "the packet is not this card's, or answers nothing that was sent"}
