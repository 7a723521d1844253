package smsc

import (
	"context"
	"errors"
	"sync"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/messaging/dispatch"
)

// Query implements dispatch.Bearer. Of a copy whose ids are not known nobody can say anything.
func (b *Bearer) Query(ctx context.Context, list []dispatch.Copy) []dispatch.Finding {
	return each(ctx, b, list, b.query)
}

// Cancel implements dispatch.Bearer.
func (b *Bearer) Cancel(ctx context.Context, list []dispatch.Copy) []dispatch.Recall {
	return each(ctx, b, list, b.recall)
}

// each asks about every copy by its segments, many at once. An answer that there is not is the zero one: nobody knows.
func each[A any](ctx context.Context, b *Bearer, list []dispatch.Copy, ask func(context.Context, []segment) A) []A {
	out := make([]A, len(list))
	parts, err := segmentsOf(ctx, b.DB, list)
	if err != nil || !b.Bound() {
		return out
	}
	var all sync.WaitGroup
	for i, c := range list {
		if of := parts[c.ID()]; len(of) > 0 {
			all.Go(func() { out[i] = answered(b, func() A { return ask(ctx, of) }) })
		}
	}
	all.Wait()
	return out
}

func (b *Bearer) query(ctx context.Context, parts []segment) dispatch.Finding {
	known := make([]dispatch.Fate, len(parts))
	for i, s := range parts {
		if known[i] = s.fate; s.fate == "" {
			known[i] = b.state(ctx, s)
		}
	}
	return dispatch.Finding{Fate: whole(known, parts[0].total), Ref: parts[0].copy}
}

// state asks what became of one segment.
func (b *Bearer) state(ctx context.Context, s segment) dispatch.Fate {
	answer, err := b.do(ctx, &smpp.QuerySM{MessageID: s.id, Source: b.address(s.source)})
	if err != nil {
		return dispatch.FateUnknown
	}
	switch state := answer.(*smpp.QuerySMResp).State; state {
	case smpp.StateEnroute, smpp.StateAccepted:
		return dispatch.FateAccepted
	default:
		return fates[state]
	}
}

// recall takes a copy back. One segment less and it does not arrive as what it was.
func (b *Bearer) recall(ctx context.Context, parts []segment) dispatch.Recall {
	answer := dispatch.TooLate
	for _, s := range parts {
		switch b.cancel(ctx, s) {
		case dispatch.Recalled:
			answer = dispatch.Recalled
		case dispatch.RecallUnknown:
			if answer == dispatch.TooLate {
				answer = dispatch.RecallUnknown
			}
		}
	}
	return answer
}

// cancel takes one segment back. A service centre refuses to cancel what it has cancelled before, so it is asked what became of that.
func (b *Bearer) cancel(ctx context.Context, s segment) dispatch.Recall {
	_, err := b.do(ctx, &smpp.CancelSM{MessageID: s.id, Source: b.address(s.source)})
	switch {
	case err == nil:
		return dispatch.Recalled
	case !errors.Is(err, smpp.StatusCancelFailed):
		return dispatch.RecallUnknown
	}
	switch b.state(ctx, s) {
	case dispatch.FateRevoked, dispatch.FateExpired, dispatch.FateFailed:
		return dispatch.Recalled
	case dispatch.FateDelivered, dispatch.FateAccepted:
		return dispatch.TooLate
	}
	return dispatch.RecallUnknown
}

// address is a chatbot's address as packets have it.
func (b *Bearer) address(digits string) sms.Address {
	if len(b.Source) > 0 && b.Source[0] == '+' {
		return sms.Address{Type: sms.International, Plan: sms.E164, Value: digits}
	}
	return sms.Address{Value: digits}
}
