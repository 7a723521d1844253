package sender

import (
	"cmp"
	"time"

	"simtrust"
)

// Quotas are how many messages a chatbot may send, each to one recipient.
type Quotas struct {
	Second int64 `json:"per_second"`
	Day    int64 `json:"per_day"`
	Month  int64 `json:"per_month"`
	Year   int64 `json:"per_year"`
}

// maxQuota keeps sums far from the end of an int64.
const maxQuota = 1_000_000_000_000

func (q Quotas) check() error {
	for _, n := range q.list() {
		if n < 1 || n > maxQuota {
			return invalid(ReasonQuotas, "quotas: 1 to 1,000,000,000,000 messages in a second, day, month and year")
		}
	}
	return nil
}

func (q Quotas) list() [4]int64 { return [4]int64{q.Second, q.Day, q.Month, q.Year} }

// or takes the members that are zero from d.
func (q Quotas) or(d Quotas) Quotas {
	return Quotas{cmp.Or(q.Second, d.Second), cmp.Or(q.Day, d.Day), cmp.Or(q.Month, d.Month), cmp.Or(q.Year, d.Year)}
}

// part is so many percent of the quotas, never nothing.
func (q Quotas) part(percent int64) Quotas {
	of := func(n int64) int64 { return max(1, n/100*percent+n%100*percent/100) }
	return Quotas{of(q.Second), of(q.Day), of(q.Month), of(q.Year)}
}

// span is one period and what was sent in it. Its start is UTC milliseconds.
type span struct{ start, used int64 }

// counter is what a chatbot sent in the current second, day, month and year, and in the month before.
type counter struct {
	spans  [4]span
	before int64
}

// Periods of a counter, from the one whose end is nearest.
const (
	second = iota
	day
	month
	year
)

var overQuota = [4]error{
	second: &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonOverSecond, Op: "sender", Msg: "the quota of the second is used up"},
	day:    &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonOverDay, Op: "sender", Msg: "the quota of the day is used up"},
	month:  &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonOverMonth, Op: "sender", Msg: "the quota of the month is used up"},
	year:   &simtrust.Error{Kind: simtrust.KindLimited, Reason: ReasonOverYear, Op: "sender", Msg: "the quota of the year is used up"},
}

// starts are where the periods that hold an instant begin.
func starts(at time.Time, zone *time.Location) [4]int64 {
	local := at.In(zone)
	y, m, d := local.Date()
	return [4]int64{
		second: at.Truncate(time.Second).UnixMilli(),
		day:    time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMilli(),
		month:  time.Date(y, m, 1, 0, 0, 0, 0, zone).UnixMilli(),
		year:   time.Date(y, 1, 1, 0, 0, 0, 0, zone).UnixMilli(),
	}
}

// roll opens the periods that hold an instant. A clock that is behind another node's counts into the period that is open.
func (c *counter) roll(at time.Time, zone *time.Location) {
	if next := starts(at, zone); next[month] > c.spans[month].start {
		last := starts(time.UnixMilli(next[month]-1), zone)
		if c.before = 0; last[month] == c.spans[month].start {
			c.before = c.spans[month].used
		}
	}
	for i, start := range starts(at, zone) {
		if start > c.spans[i].start {
			c.spans[i] = span{start: start}
		}
	}
}

// take counts n in every period, or nothing: then the error names the period that is over its quota and lasts longest.
func (c *counter) take(n int64, q Quotas) error {
	quotas := q.list()
	for i := year; i >= second; i-- {
		if n > quotas[i]-c.spans[i].used {
			return overQuota[i]
		}
	}
	for i := range c.spans {
		c.spans[i].used += n
	}
	return nil
}

// lately is how much was sent in this month and the one before: not less than in the last thirty days.
func (c *counter) lately() int64 { return c.before + c.spans[month].used }
