package smsc

import (
	"context"
	"strings"
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/internal/waiters"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/parts"
)

// The channels of this bearer.
const (
	Text dispatch.Channel = "sms"
	Card dispatch.Channel = "card-sms"
)

// Bearer is the operator's service centre as a bearer of text messages. Its methods are safe for concurrent use.
type Bearer struct {
	Deps
	Config
	client  *smpp.Client
	slots   chan struct{} // one entry for each request without an answer
	waiting chan struct{} // one entry for each receipt that waits for its id
	known   waiters.Waiters[segment]
	codes   *codes
	parts   *parts.Store
	metrics *metrics
	finds   *sqldb.Coalescer[string, segment]
	records *sqldb.Coalescer[[]segment, struct{}]
	settles *sqldb.Coalescer[segment, dispatch.Fate]
}

var _ dispatch.Bearer = (*Bearer)(nil)

// New returns the bearer over a migrated store. Run binds it, Close releases it.
func New(d Deps, c Config) *Bearer {
	c = c.withDefaults()
	b := &Bearer{Deps: d, Config: c, slots: make(chan struct{}, c.Window), waiting: make(chan struct{}, c.Window/2), metrics: newMetrics()}
	b.codes = &codes{db: d.DB, base: strings.TrimPrefix(c.Source, "+")}
	b.parts = parts.New(d.DB, c.Key, d.Now)
	b.client = smpp.NewClient(smpp.HandlerFunc(b.handle), smpp.ClientConfig{
		Address: c.Address, Dial: c.Dial, Bind: smpp.Bind{SystemID: c.SystemID, Password: c.Password}, Log: d.Log,
		Link: smpp.Link{Window: c.Window, ResponseTimeout: c.Answer}, MinBackoff: c.MinBackoff, MaxBackoff: c.MaxBackoff,
	})
	b.finds = sqldb.NewReadCoalescer(d.DB, "smsc.find", find)
	b.records = sqldb.NewCoalescer(d.DB, "smsc.record", record)
	b.settles = sqldb.NewCoalescer(d.DB, "smsc.settle", settle)
	return b
}

// Close ends what runs behind the methods; Run has ended before.
func (b *Bearer) Close() {
	b.finds.Close()
	b.records.Close()
	b.settles.Close()
}

// pruneTime is how often what nobody asks about any more is removed.
const pruneTime = time.Hour

// Run keeps the session with the service centre until ctx ends.
func (b *Bearer) Run(ctx context.Context) error {
	bound := make(chan struct{})
	go func() {
		defer close(bound)
		b.client.Run(ctx)
	}()
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			<-bound
			return nil
		case <-tick.C:
			if err := b.Prune(ctx); err != nil && ctx.Err() == nil {
				b.Log.WarnContext(ctx, "old ids of the service centre cannot be removed", "error", err)
			}
		}
	}
}

// Bound reports whether there is a session.
func (b *Bearer) Bound() bool { return b.client.Bound() }

// Reach implements dispatch.Bearer: a text message reaches everybody, as far as can be known before.
func (b *Bearer) Reach(_ context.Context, _ dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	reached := make([]bool, len(to))
	for i := range reached {
		reached[i] = true
	}
	return reached, nil
}

// do sends a request in the session that there is, once. Nothing is sent where no time is left for an answer.
func (b *Bearer) do(ctx context.Context, request smpp.PDU) (smpp.PDU, error) {
	begin, cancel := b.beginning(ctx)
	defer cancel()
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-begin.Done():
		return nil, begin.Err()
	}
	s := b.client.Session()
	switch {
	case begin.Err() != nil:
		return nil, begin.Err()
	case s == nil:
		return nil, smpp.ErrNotBound
	}
	return s.Do(ctx, request)
}

// beginning ends when it is too late to send anything under ctx.
func (b *Bearer) beginning(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, end.Add(-b.Answer))
}
