package renumber

import (
	"context"
	"time"

	"simtrust"
)

// Recycled reports whether the number has changed hands after an instant, or has no holder now: it has not if and only if a
// current tenure opened by then. Errors: KindInvalid with [ReasonOutOfWindow] for an instant in the future or before the covered
// window; KindNotFound with [ReasonNeverOurs].
func (s *Service) Recycled(ctx context.Context, n simtrust.Number, since time.Time) (bool, error) {
	if err := s.checkWindow("renumber.check", since); err != nil {
		return false, err
	}
	return s.changedSince(ctx, n, since)
}

// RecycledSinceDay is [Service.Recycled] by the end of a day in the operator's zone. Errors as there: a day after today, or one
// that ended before the covered window, is out of the window.
func (s *Service) RecycledSinceDay(ctx context.Context, n simtrust.Number, d Day) (bool, error) {
	next := d.next(s.zone)
	if d.start(s.zone).After(s.now()) || !next.After(s.covered) {
		return false, errOutOfWindow("renumber.check")
	}
	return s.changedSince(ctx, n, next.Add(-time.Millisecond)) // the record counts in milliseconds
}

func (s *Service) changedSince(ctx context.Context, n simtrust.Number, since time.Time) (bool, error) {
	h, err := s.Current(ctx, n)
	switch simtrust.ReasonOf(err) {
	case ReasonUnassigned, ReasonOutOfSight:
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return h.Opened.After(since), nil
}

// checkWindow refuses an instant that the record does not answer for.
func (s *Service) checkWindow(op string, at time.Time) error {
	if at.After(s.now()) || at.Before(s.covered) {
		return errOutOfWindow(op)
	}
	return nil
}

func errOutOfWindow(op string) error {
	return &simtrust.Error{
		Kind: simtrust.KindInvalid, Reason: ReasonOutOfWindow, Op: op,
		Msg: "the date is in the future or before the time that the record covers",
	}
}

// Day is a calendar day without a zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDay parses an RFC 3339 full-date, YYYY-MM-DD. The error is KindInvalid with [ReasonMalformed].
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Day{}, errMalformed("renumber.check", "a date is YYYY-MM-DD")
	}
	return Day{t.Year(), t.Month(), t.Day()}, nil
}

func (d Day) start(z *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, z)
}

func (d Day) next(z *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, z)
}
