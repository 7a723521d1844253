package renumber

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// MaxBatch is how many events one batch may carry.
const MaxBatch = 1000

// FeedReq is a batch of events from one source. They are applied in the order of the batch.
type FeedReq struct {
	Source string      `json:"source"`
	Events []FeedEvent `json:"events"`
}

// Format prints the source and the number of events, under every verb.
func (req FeedReq) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprintf("{%s %d events}", req.Source, len(req.Events)))
}

// LogValue masks in structured logs.
func (req FeedReq) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(req)) }

// FeedRes has one result for every event, in the same order.
type FeedRes struct {
	Results []FeedResult `json:"results"`
}

// The statuses of an event: applied now, applied before, not applied.
const (
	StatusApplied   = "applied"
	StatusDuplicate = "duplicate"
	StatusRejected  = "rejected"
)

// FeedResult says what became of one event. Tenure is the one it opened or, failing that, changed; for a duplicate, back then.
type FeedResult struct {
	Seq     int64  `json:"seq"`
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	Tenure  string `json:"tenure,omitempty"`
}

// applied is an event that was applied.
type applied struct {
	seq    int64
	digest [sha256.Size]byte
	tenure simtrust.TenureID
}

// Feed applies a batch in one transaction: when it answers, every event it calls applied is durable. A rejected event is a result,
// not an error. Errors: KindInvalid with [ReasonSourceAbsent] or [ReasonBatchTooBig]; KindUnavailable, after which the same batch
// can be sent again.
func (s *Service) Feed(ctx context.Context, req FeedReq) (FeedRes, error) {
	if err := req.check(); err != nil {
		return FeedRes{}, err
	}
	select {
	case s.feeding <- struct{}{}: // one at a time: beside many short batches a long one would never get through
		defer func() { <-s.feeding }()
	case <-ctx.Done():
		return FeedRes{}, ctx.Err()
	}
	var results []FeedResult
	var err error
	for range maxRivals {
		err = s.db.InTx(ctx, func(tx *sqldb.Tx) (err error) {
			results, err = s.feed(ctx, tx, req)
			return err
		})
		if !sqldb.IsUnique(err) {
			break
		}
	}
	switch {
	case sqldb.IsUnique(err):
		return FeedRes{}, &simtrust.Error{
			Kind: simtrust.KindUnavailable, Reason: sqldb.ReasonContended, Op: "renumber.feed", Msg: "other feeds change the same numbers; try again", Err: err,
		}
	case err != nil:
		return FeedRes{}, err
	}
	return FeedRes{results}, nil
}

// maxRivals bounds how often a batch is run again because another one took a number, or applied an event, that this one had found
// free. The next run sees what the rival did, so each of them gets further.
const maxRivals = 8

func (req FeedReq) check() error {
	invalid := func(reason, msg string) error {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "renumber.feed", Msg: msg}
	}
	switch {
	case req.Source == "" || !isReference(req.Source):
		return invalid(ReasonSourceAbsent, "a batch names its source, in 1 to 128 bytes without spaces")
	case len(req.Events) > MaxBatch:
		return invalid(ReasonBatchTooBig, fmt.Sprintf("a batch has at most %d events", MaxBatch))
	}
	return nil
}

func (s *Service) feed(ctx context.Context, tx *sqldb.Tx, req FeedReq) ([]FeedResult, error) {
	done, err := appliedBefore(ctx, tx, req)
	if err != nil {
		return nil, err
	}
	recorded := instant(s.now())
	b := newBatch(req, done)
	numbers := b.parse(recorded)
	records, err := recordsOf(ctx, tx, numbers)
	if err != nil {
		return nil, err
	}
	l := newLedger(recorded, simtrust.NewTenureID, records)
	b.apply(l)
	if err := s.save(ctx, tx, l); err != nil {
		return nil, err
	}
	return b.results, insertApplied(ctx, tx, req.Source, b.fresh, recorded)
}

// batch is a batch on its way through: its events beside their results.
type batch struct {
	sent    []FeedEvent
	parsed  []event
	results []FeedResult
	done    map[int64]applied
	fresh   []applied
}

func newBatch(req FeedReq, done map[int64]applied) *batch {
	b := &batch{sent: req.Events, parsed: make([]event, len(req.Events)), results: make([]FeedResult, len(req.Events)), done: done}
	for i, e := range req.Events {
		b.results[i].Seq = e.Seq
	}
	return b
}

func (b *batch) reject(i int, no *rejection) {
	r := &b.results[i]
	r.Status, r.Reason, r.Message = StatusRejected, no.reason, no.message
}

// parse checks the forms of all events and returns the numbers that they touch.
func (b *batch) parse(recorded time.Time) []simtrust.Number {
	seen := make(map[simtrust.Number]bool, len(b.sent))
	var numbers []simtrust.Number
	add := func(n simtrust.Number) {
		if !n.IsZero() && !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	for i, e := range b.sent {
		p, no := e.parse(recorded)
		if no != nil {
			b.reject(i, no)
			continue
		}
		b.parsed[i] = p
		add(p.number)
		add(p.toNumber)
	}
	return numbers
}

// apply applies the well-formed events one after the other. An event repeated within the batch is a duplicate of itself.
func (b *batch) apply(l *ledger) {
	for i, e := range b.sent {
		r := &b.results[i]
		if r.Status == StatusRejected {
			continue
		}
		digest := e.digest()
		if d, ok := b.done[e.Seq]; ok {
			if d.digest != digest {
				b.reject(i, reject(ReasonSeqConflict, "the sequence number was applied before with other content"))
				continue
			}
			r.Status, r.Tenure = StatusDuplicate, string(d.tenure)
			continue
		}
		t, no := l.apply(b.parsed[i])
		if no != nil {
			b.reject(i, no)
			continue
		}
		r.Status, r.Tenure = StatusApplied, string(t.ID)
		a := applied{e.Seq, digest, t.ID}
		b.done[e.Seq] = a
		b.fresh = append(b.fresh, a)
	}
}
