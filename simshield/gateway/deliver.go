package gateway

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// bearerTime bounds a delivery.
const bearerTime = 5 * time.Second

// sender is whom the messages are from; a card does not look at it.
var sender = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}

// deliver hands a packet to the bearer and records what became of it. It begins and ends before the packet is due again, when any node may
// send it.
func (g *Service) deliver(ctx context.Context, f flight) {
	if g.now().After(f.taken.Add(g.retry / 2)) {
		return
	}
	message, err := f.message(g.now())
	if err != nil {
		g.log.ErrorContext(ctx, "a packet does not fit into short messages", "packet", f.id, "error", err)
		g.logged(ctx, f.id, g.fail(ctx, f.failure(Unsent)))
		return
	}
	bounded, cancel := context.WithTimeout(ctx, min(bearerTime, g.retry/2))
	defer cancel()
	d, err := g.bearer.Deliver(bounded, message)
	if err != nil {
		g.log.WarnContext(ctx, "the bearer did not take a message", "packet", f.id, "error", err)
		d = Delivery{State: lost}
	}
	g.metrics.sent.WithLabelValues(string(d.State)).Inc()
	g.logged(ctx, f.id, g.arrived(ctx, f.packetRow, &f.card, d))
}

// lost is the state of a message of which it is not known whether the bearer has it.
const lost Delivered = "error"

func (f flight) message(now time.Time) (Message, error) {
	at, err := sms.NewTimestamp(now)
	if err != nil {
		return Message{}, err
	}
	tpdus, err := ota.Segments(f.command, sender, at, byte(f.counter))
	return Message{ID: fmt.Sprintf("%s.%d", f.id, f.counter), ICCID: f.iccid, IMSI: f.card.imsi, Way: f.card.way, TPDUs: tpdus}, err
}

// Report takes the bearer's word on a message that it had accepted; ReasonUnknown for one that is not on its way. What it says of a
// message that was repeated since changes nothing.
func (g *Service) Report(ctx context.Context, message string, d Delivery) error {
	id, text, _ := strings.Cut(message, ".")
	counter, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errUnknownDelivery
	}
	if !d.State.known() {
		return invalid(ReasonMessage, "state: accepted, delivered, busy, absent or rejected")
	}
	p, err := findPacket(ctx, g.db, id)
	switch {
	case err != nil:
		return err
	case p == nil:
		return errUnknownDelivery
	case p.counter != counter:
		return nil
	}
	card, err := findCard(ctx, g.db, p.iccid)
	if err != nil {
		return err
	}
	return g.arrived(ctx, *p, card, d)
}

var errUnknownDelivery = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "no message of this id is on its way"}

// arrived acts on what the bearer says of a packet's last sending. Where the card's own first answer is there, that counts.
func (g *Service) arrived(ctx context.Context, p packetRow, card *cardRow, d Delivery) error {
	switch d.State {
	case PhoneAbsent:
		return g.fail(ctx, p.failure(Absent))
	case Rejected:
		return g.fail(ctx, p.failure(Unsent))
	}
	if len(d.Report) > 0 {
		err := g.reported(ctx, p, card, d.Report)
		if err == nil {
			return nil
		}
		g.log.WarnContext(ctx, "a delivery report was of no use", "packet", p.id, "error", err)
	}
	if d.State == Accepted {
		return nil
	}
	return g.landing(ctx, outcome{sentAs{p.id, p.counter}, d.State == OnPhone})
}

// landing makes an outcome durable. A batch waits for no lock, so that it meets no other in a circle; one packet may.
func (g *Service) landing(ctx context.Context, o outcome) error {
	left, err := g.outcomes.Do(ctx, o)
	if err != nil || !left {
		return err
	}
	return g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(g.rouse)
		_, err := landed(ctx, tx, []sentAs{o.sent}, o.due(g.now(), g.retry), ` for update of p`)
		return err
	})
}

// outcome is a sending after which the card is free for others: it has the packet, or it is not known to.
type outcome struct {
	sent  sentAs
	there bool
}

// due is when the packet is sent again.
func (o outcome) due(now time.Time, retry time.Duration) time.Time {
	if o.there {
		return now.Add(retry)
	}
	return now.Add(backoff)
}

// record frees the cards of packets. Those that are not there are sent again soon. It says of each whether it was left, for a lock.
func (g *Service) record(ctx context.Context, tx *sqldb.Tx, batch []outcome) ([]sqldb.Result[bool], error) {
	tx.OnCommit(g.rouse)
	now, left := g.now(), map[sentAs]bool{}
	for _, there := range []bool{true, false} {
		var sent []sentAs
		for _, o := range batch {
			if o.there == there {
				sent = append(sent, o.sent)
			}
		}
		over, err := land(ctx, tx, sent, outcome{there: there}.due(now, g.retry))
		if err != nil {
			return nil, err
		}
		for _, s := range over {
			left[s] = true
		}
	}
	results := make([]sqldb.Result[bool], len(batch))
	for i, o := range batch {
		results[i].Value = left[o.sent]
	}
	return results, nil
}

// fail tells the one who asked. When that does not succeed the packet is found again.
func (g *Service) fail(ctx context.Context, f Failure) error {
	if err := g.handler.Failed(ctx, f); err != nil {
		return err
	}
	g.metrics.failed.WithLabelValues(string(f.Cause)).Inc()
	return nil
}

// logged is for what nobody waits for.
func (g *Service) logged(ctx context.Context, packet string, err error) {
	if err != nil && ctx.Err() == nil {
		g.log.ErrorContext(ctx, "what became of a packet was not recorded; it is repeated", "packet", packet, "error", err)
	}
}

func (p packetRow) failure(c Cause) Failure {
	return Failure{Packet: p.id, Ref: p.ref, ICCID: p.iccid, TAR: ota.TAR(p.tar), Cause: c}
}
