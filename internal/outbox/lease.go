package outbox

import (
	"context"
	"errors"
	"time"
)

// errLeaseLost is why the handlers of a round are told to end: another dispatcher may be further ahead with the same tenure.
var errLeaseLost = errors.New("the lease of the claimed rows is lost")

// hold keeps claimed rows, due at until, from other dispatchers until letGo. The context it returns ends when that no longer works:
// another has claimed one of them, or the store was away for as long as the lease lasts.
func (o *Outbox) hold(ctx context.Context, claimed []delivery, until time.Time) (held context.Context, letGo func()) {
	held, lose := context.WithCancelCause(ctx)
	expiry := time.AfterFunc(until.Sub(o.now()), func() { lose(errLeaseLost) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.renewing(held, claimed, until, func(next time.Time) { expiry.Reset(next.Sub(o.now())) }, lose)
	}()
	return held, func() {
		lose(context.Canceled)
		<-done
		expiry.Stop()
	}
}

// renewing renews the lease until held ends, and loses it where another dispatcher has claimed a row. A store that is away is asked
// again at the next turn.
func (o *Outbox) renewing(held context.Context, claimed []delivery, until time.Time, renewed func(time.Time), lose context.CancelCauseFunc) {
	tick := time.NewTicker(renewal)
	defer tick.Stop()
	for {
		select {
		case <-held.Done():
			return
		case <-tick.C:
		}
		next := o.now().Add(lease)
		switch err := renew(held, o.db, claimed, until, next); {
		case err == nil:
			until = next
			renewed(next)
		case errors.Is(err, errLeaseLost):
			lose(err)
		case held.Err() == nil:
			o.log.WarnContext(held, "outbox: the lease was not renewed", "err", err)
		}
	}
}
