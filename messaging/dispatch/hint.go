package dispatch

import (
	"context"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Hint names deliveries that wait for their first look, all of one channel.
type Hint struct {
	Channel    Channel
	Urgent     bool
	Deliveries []string
}

// Hints is a queue beside the table, for so many nodes that they would meet in it: nodes learn from it what is new instead of looking.
// The table decides all the same, so a hint may be late, repeated or lost; what is lost is found in the table later.
type Hints interface {
	// Put hands hints over, durable when it returns nil.
	Put(ctx context.Context, hints []Hint) error
	// Take waits a while for one hint that no other node is at work on; without any there are no deliveries and no error. What is not
	// done in time another node gets.
	Take(ctx context.Context, channel Channel, urgent bool) (deliveries []string, done func(), err error)
}

// Queued says that a message was accepted. It goes by the outbox to [Service.Announce].
type Queued struct {
	Message string `json:"message"`
}

// Events carries what a transaction says to after its commit (outbox.Outbox).
type Events interface {
	Append(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, seq int64, event any) error
}

// Follow has the nodes learn from hints what is new; events brings [Queued] to Announce. Without it they look into the table. Before Run and
// the first Accept.
func (s *Service) Follow(h Hints, events Events) { s.hints, s.events = h, events }

// hintTime is how long a new delivery is left to whoever gets the hint. Later it is found in the table.
const hintTime = 10 * time.Second

// waking has new deliveries looked at, and returns when that is due in the table: at once, or once the hints had their time.
func (s *Service) waking(ctx context.Context, tx *sqldb.Tx, orders []Order, now time.Time) (due time.Time, err error) {
	if s.hints == nil {
		for _, o := range orders {
			tx.OnCommit(s.lanes[o.Plan.Steps[0].Channel].rouse)
		}
		return now, nil
	}
	for _, o := range orders {
		if err := s.events.Append(ctx, tx, simtrust.TenureID(o.Plan.Message), 1, Queued{o.Plan.Message}); err != nil {
			return time.Time{}, err
		}
	}
	return now.Add(hintTime), nil
}

// Announce puts the hints of a message that was accepted. Idempotent.
func (s *Service) Announce(ctx context.Context, e Queued) error {
	fresh, err := freshDeliveries(ctx, s.db, e.Message)
	if err != nil || len(fresh) == 0 {
		return err
	}
	var hints []Hint
	for ids := range slices.Chunk(fresh, s.cfg.Batch) {
		h := Hint{Channel: ids[0].channel, Urgent: ids[0].urgent, Deliveries: make([]string, len(ids))}
		for i, d := range ids {
			h.Deliveries[i] = d.id
		}
		hints = append(hints, h)
	}
	return s.hints.Put(ctx, hints)
}

// serveHints works on what hints name until ctx ends.
func (l *lane) serveHints(ctx context.Context, urgent bool) {
	for ctx.Err() == nil {
		if wait := l.shut(); wait > 0 {
			sleep(ctx, nil, wait)
			continue
		}
		ids, done, err := l.s.hints.Take(ctx, l.channel, urgent)
		if err == nil && len(ids) > 0 {
			if _, err = l.take(ctx, claimReq{channel: l.channel, named: ids}); err == nil {
				done()
			}
		}
		if err != nil && ctx.Err() == nil {
			l.s.log.WarnContext(ctx, "hints were not worked on; the table has what they name", "channel", l.channel, "error", err)
			sleep(ctx, nil, poll)
		}
	}
}
