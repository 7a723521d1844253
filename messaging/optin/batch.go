package optin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
)

// change makes the changes of one batch. Chatbots go in order, so that two batches take their limits in one order; the changes of one
// chatbot go as they came.
func (s *Service) change(ctx context.Context, tx *sqldb.Tx, batch []request) ([]sqldb.Result[Entry], error) {
	l, err := lock(ctx, tx, numbersOf(batch))
	if err != nil {
		return nil, err
	}
	var failed []error
	s.limit(ctx, tx, l, &failed)
	results := make([]sqldb.Result[Entry], len(batch))
	for _, i := range byChatbot(batch) {
		results[i].Value, results[i].Err = l.apply(batch[i])
	}
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	if err := l.save(ctx, tx); err != nil {
		return nil, err
	}
	return results, s.tell(ctx, tx, l.changes)
}

// limit gives a ledger what a chatbot may do in a day. What fails there fails the batch.
func (s *Service) limit(ctx context.Context, tx *sqldb.Tx, l *ledger, failed *[]error) {
	l.renew = func(chatbot string, at time.Time) bool {
		ok, err := takeRenewal(ctx, tx, chatbot, at, s.cfg.RenewalsPerDay)
		*failed = append(*failed, err)
		return ok
	}
	type day struct {
		chatbot string
		day     int64
	}
	left := map[day]bool{}
	l.mayTell = func(chatbot string, at time.Time) bool {
		k := day{chatbot, dayOf(at)}
		ok, known := left[k]
		if !known {
			var err error
			ok, err = mayBeTold(ctx, tx, chatbot, at, s.cfg.ChangesPerDay)
			*failed, left[k] = append(*failed, err), ok
		}
		return ok
	}
	l.count = func(chatbot string, at time.Time) {
		*failed = append(*failed, countChange(ctx, tx, chatbot, at))
		delete(left, day{chatbot, dayOf(at)})
	}
}

func numbersOf(batch []request) []hash {
	hashes := make([]hash, len(batch))
	for i, r := range batch {
		hashes[i] = r.number
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

func byChatbot(batch []request) []int {
	order := make([]int, len(batch))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(batch[a].Chatbot, batch[b].Chatbot) })
	return order
}

// tell has others act on renewals and refusals. The order of events is that of one chatbot and tenure.
func (s *Service) tell(ctx context.Context, tx *sqldb.Tx, changes []Change) error {
	var events []outbox.Event
	for _, c := range changes {
		key := simtrust.TenureID(c.Chatbot + " " + string(c.Tenure))
		switch c.Action {
		case ActionRenewal:
			events = append(events, outbox.Event{Tenure: key, Seq: c.Seq, Event: Renewed{c.Chatbot, c.Tenure, c.At}})
		case ActionRefusal:
			events = append(events, outbox.Event{Tenure: key, Seq: c.Seq, Event: Refused{c.Chatbot, c.Tenure, c.At}})
		}
	}
	return s.outbox.AppendAll(ctx, tx, events...)
}
