package maap

import (
	"context"
	"errors"

	"simtrust/messaging/dispatch"
)

// give hands a parcel to its platform. One that throttles, or cannot be reached, is left alone for a time, and its copies are put off; those
// for others are not.
func (b *Bearer) give(ctx context.Context, p parcel) dispatch.Outcome {
	if o, paused := b.paused(p.way); paused {
		return o
	}
	o := p.post(ctx, p.to, p.letter)
	switch o.Answer {
	case dispatch.Accepted:
		p.rest.Taken()
	case dispatch.Throttled:
		o = dispatch.Outcome{Answer: dispatch.Postponed, After: p.rest.Ask(b.Now(), o.After)}
	case dispatch.Lost:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) { // it hangs: others have waited for it
			p.rest.Ask(b.Now(), 0)
		}
	}
	return o
}

// paused is the answer for copies to an account whose platform is left alone now.
func (b *Bearer) paused(w way) (dispatch.Outcome, bool) {
	left := w.rest.Left(b.Now())
	return dispatch.Outcome{Answer: dispatch.Postponed, After: left}, left > 0
}
