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
	return g.open(ctx, imsi, packet)
}

// reported looks at the card's first answer, where the bearer brought it: that it has the packet, or refuses it. What is not authentic
// says nothing.
func (g *Service) reported(ctx context.Context, imsi string, report []byte) {
	if len(report) == 0 {
		return
	}
	packet, err := ota.ReadDeliverReport(report)
	if err == nil {
		err = g.open(ctx, imsi, packet)
	}
	if err != nil {
		g.log.WarnContext(ctx, "a delivery report was of no use", "error", err)
	}
}

// open authenticates a response packet.
func (g *Service) open(ctx context.Context, imsi string, packet []byte) error {
	card, err := findCard(ctx, g.db, "imsi", imsi)
	if err != nil {
		return err
	}
	if card == nil {
		return g.refuse("unauthentic", errUnknownCard)
	}
	keys, err := g.custody.open(*card)
	if err != nil {
		return err
	}
	res, err := keys.OpenResponse(nil, packet)
	switch {
	case errors.Is(err, ota.ErrMalformed):
		return g.refuse("malformed", invalid(ReasonMessage, "not a response packet"))
	case err != nil:
		return g.refuse("unauthentic", errUnauthentic)
	}
	return g.matched(ctx, *card, res, packet)
}

// matched finds what an authentic response answers and acts on it. A response to what has ended already is taken and changes nothing.
func (g *Service) matched(ctx context.Context, card cardRow, res ota.Response, packet []byte) error {
	o, err := findOrigin(ctx, g.db, card.iccid, int64(res.Counter))
	if err != nil {
		return err
	}
	if o == nil || ota.TAR(o.tar) != res.TAR {
		return g.refuse("unmatched", errUnauthentic)
	}
	g.metrics.received.WithLabelValues(res.Status.String()).Inc()
	if o.done {
		return nil
	}
	switch res.Status {
	case ota.OK:
		return g.handler.Replied(ctx, Reply{Packet: o.packet, Ref: o.ref, ICCID: card.iccid, TAR: res.TAR, Counter: res.Counter, Status: res.Status,
			Data: res.Data, Command: o.command, Response: packet})
	case ota.ResponseBySubmit, ota.MoreTime:
		return g.Report(ctx, o.packet, OnPhone)
	case ota.CounterLow:
		return g.lowCounter(ctx, card.iccid, o.packet, res.Counter)
	default:
		return g.handler.Failed(ctx, Failure{Packet: o.packet, Ref: o.ref, ICCID: card.iccid, TAR: res.TAR, Cause: Refused})
	}
}

// lowCounter jumps ahead of a card that has seen higher counters than the database knows of, and repeats the packet.
func (g *Service) lowCounter(ctx context.Context, iccid, packet string, low ota.Counter) error {
	g.log.WarnContext(ctx, "a card has seen higher counters than the database; was it restored? The counter jumps", "packet", packet)
	now := g.now()
	return g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(g.rouse)
		return errors.Join(
			raise(ctx, tx, iccid, int64(low), int64(g.gap), int64(ota.Ceiling)),
			postpone(ctx, tx, []string{packet}, "queued", now, 0),
			land(ctx, tx, []string{packet}, now))
	})
}

// Report takes the bearer's word on a message that it had accepted; ReasonUnknown for another.
func (g *Service) Report(ctx context.Context, packet string, d Delivered) error {
	p, err := findPacket(ctx, g.db, packet)
	switch {
	case err != nil:
		return err
	case p == nil:
		return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "no message of this id is on its way"}
	}
	switch d {
	case OnPhone, Accepted:
		_, err := g.outcomes.Do(ctx, outcome{packet: packet, delivered: d})
		return err
	case PhoneAbsent:
		return g.handler.Failed(ctx, p.failure(Absent))
	case Rejected:
		return g.handler.Failed(ctx, p.failure(Unsent))
	}
	return invalid(ReasonMessage, "state: accepted, delivered, absent or rejected")
}

func (g *Service) refuse(why string, err error) error {
	g.metrics.received.WithLabelValues(why).Inc()
	return err
}

var errUnauthentic = &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonUnauthentic, Msg: "the packet is not this card's, or answers nothing that was sent"}
