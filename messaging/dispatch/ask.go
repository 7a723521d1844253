package dispatch

import (
	"context"
	"fmt"

	"simtrust/internal/panics"
)

// bounded is a context for one call of a bearer.
func (l *lane) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.s.cfg.Lease/3)
}

// ask puts questions to the bearer and returns an answer at each place: the zero answer, which is that nobody knows, where it gave none,
// and everywhere after a panic or more answers than questions. A bearer contains what panics in its own goroutines.
func ask[Q, A any](ctx context.Context, l *lane, list []Q, put func(context.Context, []Q) []A) []A {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	var given []A
	err := panics.Contained(func() error { given = put(ctx, list); return nil })
	answers := make([]A, len(list))
	if err != nil || len(given) > len(list) {
		l.s.log.ErrorContext(ctx, "a bearer gave no answers that can be used", "channel", l.channel, "questions", len(list), "answers", len(given), "error", err)
		return answers
	}
	copy(answers, given)
	return answers
}

// askReach is for each recipient whether the channel reaches them.
func (l *lane) askReach(ctx context.Context, to []Recipient) (reached []bool, err error) {
	ctx, cancel := l.bounded(ctx)
	defer cancel()
	err = panics.Contained(func() (err error) {
		reached, err = l.bearer.Reach(ctx, l.channel, to)
		return err
	})
	if err == nil && len(reached) != len(to) {
		err = fmt.Errorf("%d answers for %d recipients", len(reached), len(to))
	}
	return reached, err
}
