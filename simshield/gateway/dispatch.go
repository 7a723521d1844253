package gateway

import (
	"context"
	"errors"
	"sync"
	"time"

	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Fixed times and sizes.
const (
	pollEvery   = 500 * time.Millisecond
	claimed     = 10 * time.Second // how long a node has for what it took; then another one takes it
	bearerTime  = 5 * time.Second
	waitForCard = 2 * time.Second // a packet whose card is busy; it is woken when the card is free
	backoff     = 2 * time.Second // after a failure of the bearer
	batch       = 256
	parallel    = 64 // messages at the bearer at once
	pruneEvery  = 10 * time.Minute
	keep        = 30 * 24 * time.Hour // of what is done
)

// Run sends what is due until ctx ends, then waits for what is on its way.
func (g *Service) Run(ctx context.Context) error {
	var flights sync.WaitGroup
	defer flights.Wait()
	slots := make(chan struct{}, parallel)
	poll, clean := time.NewTicker(pollEvery), time.NewTicker(pruneEvery)
	defer poll.Stop()
	defer clean.Stop()
	for {
		more, err := g.dispatch(ctx, func(job func()) {
			slots <- struct{}{}
			flights.Go(func() {
				defer func() { <-slots }()
				job()
			})
		})
		if err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "packets were not sent", "error", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-g.wake:
		case <-poll.C:
		case <-clean.C:
			g.prune(ctx)
		}
	}
}

func (g *Service) prune(ctx context.Context) {
	if err := g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return prune(ctx, tx, g.now().Add(-keep)) }); err != nil && ctx.Err() == nil {
		g.log.WarnContext(ctx, "old packets were not removed", "error", err)
	}
}

// Drain sends all that is due now and waits for it: for tests and commands.
func (g *Service) Drain(ctx context.Context) error {
	for {
		var jobs sync.WaitGroup
		more, err := g.dispatch(ctx, func(job func()) { jobs.Go(job) })
		jobs.Wait()
		if err != nil || !more {
			return err
		}
	}
}

// flight is a packet on its way.
type flight struct {
	packetRow
	imsi    string
	command []byte
}

// takings are what one look at the queue brought.
type takings struct {
	flights []flight
	failed  []Failure
	full    bool // there is more
}

// dispatch takes what is due and starts it. more says that another look is worth while at once.
func (g *Service) dispatch(ctx context.Context, start func(job func())) (more bool, err error) {
	t, err := g.take(ctx)
	if err != nil {
		return false, err
	}
	for _, f := range t.failed {
		start(func() { g.fail(ctx, f) })
	}
	for _, f := range t.flights {
		start(func() { g.deliver(context.WithoutCancel(ctx), f) })
	}
	return t.full, nil
}

// take puts due packets on their way, one to a card: their counters are durable when it returns.
func (g *Service) take(ctx context.Context) (t takings, err error) {
	now := g.now()
	err = g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		t = takings{}
		due, err := duePackets(ctx, tx, now, batch)
		if err != nil || len(due) == 0 {
			return err
		}
		t.full = len(due) == batch
		chosen, rest := g.sort(due, now, &t)
		if err := postpone(ctx, tx, expired(t.failed), "queued", now.Add(claimed), 0); err != nil {
			return err
		}
		if err := postpone(ctx, tx, rest, "queued", now.Add(waitForCard), 0); err != nil || len(chosen) == 0 {
			return err
		}
		return g.launch(ctx, tx, chosen, now, &t)
	})
	return t, err
}

// sort parts what is due: what has expired, the first packet of each card, and those that come after it.
func (g *Service) sort(due []packetRow, now time.Time, t *takings) (chosen []packetRow, rest []string) {
	taken := make(map[string]bool, len(due))
	for _, p := range due {
		switch {
		case p.expires <= now.UnixMilli():
			t.failed = append(t.failed, p.failure(Expired))
		case taken[p.iccid]:
			rest = append(rest, p.id)
		default:
			taken[p.iccid] = true
			chosen = append(chosen, p)
		}
	}
	return chosen, rest
}

// launch raises the counters and builds the packets.
func (g *Service) launch(ctx context.Context, tx *sqldb.Tx, chosen []packetRow, now time.Time, t *takings) error {
	cards, err := takeOff(ctx, tx, ids(chosen), int64(ota.Ceiling))
	if err != nil {
		return err
	}
	var busy, sent []string
	var list []sending
	for _, p := range chosen {
		card, ok := cards[p.id]
		if !ok {
			busy = append(busy, p.id)
			continue
		}
		command, err := g.secure(card, p)
		if err != nil {
			g.log.ErrorContext(ctx, "a packet cannot be made", "packet", p.id, "error", err)
			t.failed = append(t.failed, p.failure(Unsent))
			continue
		}
		sent = append(sent, p.id)
		list = append(list, sending{p.id, p.iccid, card.counter, command})
		t.flights = append(t.flights, flight{p, card.imsi, command})
	}
	if err := insertSendings(ctx, tx, list, now); err != nil {
		return err
	}
	if err := postpone(ctx, tx, busy, "queued", now.Add(waitForCard), 0); err != nil {
		return err
	}
	return postpone(ctx, tx, sent, "sending", now.Add(claimed), 1)
}

func (g *Service) secure(card cardRow, p packetRow) ([]byte, error) {
	keys, err := g.custody.open(card)
	if err != nil {
		return nil, err
	}
	return keys.AppendCommand(nil, ota.Command{SPI: ota.Default | ota.BySubmit, TAR: ota.TAR(p.tar), Counter: ota.Counter(card.counter), Data: p.data})
}

// sender is whom the messages are from; a card does not look at it.
var sender = sms.Address{Type: sms.International, Plan: sms.E164, Value: "0"}

// deliver hands a packet to the bearer and records what became of it.
func (g *Service) deliver(ctx context.Context, f flight) {
	message, err := f.message(g.now())
	if err != nil {
		g.fail(ctx, f.failure(Unsent))
		return
	}
	bounded, cancel := context.WithTimeout(ctx, bearerTime)
	defer cancel()
	d, err := g.bearer.Deliver(bounded, message)
	g.metrics.sent.WithLabelValues(label(d.State, err)).Inc()
	switch {
	case err != nil:
		g.log.WarnContext(ctx, "the bearer did not take a message", "packet", f.id, "error", err)
	case d.State == PhoneAbsent:
		g.fail(ctx, f.failure(Absent))
		return
	case d.State == Rejected:
		g.fail(ctx, f.failure(Unsent))
		return
	}
	if _, err := g.outcomes.Do(ctx, outcome{f.id, d.State, err}); err != nil {
		g.log.ErrorContext(ctx, "a sending was not recorded; it is repeated", "packet", f.id, "error", err)
	}
	g.reported(ctx, f.imsi, d.Report)
}

func (f flight) message(now time.Time) (Message, error) {
	at, err := sms.NewTimestamp(now)
	if err != nil {
		return Message{}, err
	}
	tpdus, err := ota.Segments(f.command, sender, at, byte(f.sendings))
	return Message{ID: f.id, IMSI: f.imsi, TPDUs: tpdus}, err
}

// outcome is what became of a sending.
type outcome struct {
	packet    string
	delivered Delivered
	err       error
}

// record notes outcomes: what the bearer holds keeps its card busy, what the phone has does not, what failed is tried again.
func (g *Service) record(ctx context.Context, tx *sqldb.Tx, batch []outcome) ([]sqldb.Result[struct{}], error) {
	var held, there, failed []string
	for _, o := range batch {
		switch {
		case o.err != nil:
			failed = append(failed, o.packet)
		case o.delivered == OnPhone:
			there = append(there, o.packet)
		default:
			held = append(held, o.packet)
		}
	}
	now := g.now()
	err := errors.Join(
		postpone(ctx, tx, append(held, there...), "sent", now.Add(g.retry), 0),
		postpone(ctx, tx, failed, "queued", now.Add(backoff), 0),
		land(ctx, tx, append(there, failed...), now))
	return make([]sqldb.Result[struct{}], len(batch)), err
}

// fail tells the one who asked. When that does not succeed the packet is found again.
func (g *Service) fail(ctx context.Context, f Failure) {
	g.metrics.failed.WithLabelValues(string(f.Cause)).Inc()
	if err := g.handler.Failed(ctx, f); err != nil && ctx.Err() == nil {
		g.log.ErrorContext(ctx, "the end of a packet was not recorded; it is repeated", "packet", f.Packet, "cause", f.Cause, "error", err)
	}
}

func (p packetRow) failure(c Cause) Failure {
	return Failure{Packet: p.id, Ref: p.ref, ICCID: p.iccid, TAR: ota.TAR(p.tar), Cause: c}
}

func expired(failed []Failure) []string {
	out := make([]string, len(failed))
	for i, f := range failed {
		out[i] = f.Packet
	}
	return out
}

func ids(packets []packetRow) []string {
	out := make([]string, len(packets))
	for i, p := range packets {
		out[i] = p.id
	}
	return out
}
