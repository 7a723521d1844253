package smpp

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Time is a point in time or a period as packets carry it (SMPP 3.4 §7.1): "YYMMDDhhmmsstnnp", with tenths of a second and the zone
// in quarters of an hour, its sign last; or "YYMMDDhhmmss000R" from now. Empty: the service centre's default.
type Time string

var errTime = errors.New("smpp: not a point in time")

const timeLength = 16

// AbsoluteTime returns a point in time of 2000 to 2099, in UTC and cut to tenths of a second.
func AbsoluteTime(t time.Time) Time {
	t = t.UTC()
	return Time(t.Format("060102150405") + strconv.Itoa(t.Nanosecond()/1e8) + "00+")
}

// RelativeTime returns a period from now in days, hours, minutes and seconds: of at least a second and at most 99 days, whatever d is.
func RelativeTime(d time.Duration) Time {
	s := int(min(max(d, time.Second), 99*24*time.Hour) / time.Second)
	return Time(fmt.Sprintf("0000%02d%02d%02d%02d000R", s/86400, s/3600%24, s/60%60, s%60))
}

// At returns the point in time, where a period begins at now. It fails for what is empty or no time.
func (t Time) At(now time.Time) (time.Time, error) {
	if len(t) != timeLength || !t.valid() {
		return time.Time{}, errTime
	}
	if t[15] == 'R' {
		return now.AddDate(t.pair(0), t.pair(2), t.pair(4)).Add(t.clock()), nil
	}
	offset := t.pair(13) * 15 * 60
	if t[15] == '-' {
		offset = -offset
	}
	at := time.Date(2000+t.pair(0), time.Month(t.pair(2)), t.pair(4), 0, 0, 0, int(t[12]-'0')*1e8, time.FixedZone("", offset))
	return at.Add(t.clock()), nil
}

func (t Time) clock() time.Duration {
	return time.Duration(t.pair(6))*time.Hour + time.Duration(t.pair(8))*time.Minute + time.Duration(t.pair(10))*time.Second
}

func (t Time) pair(i int) int { return int(t[i]-'0')*10 + int(t[i+1]-'0') }

// valid reports the form, and the ranges of a point in time.
func (t Time) valid() bool {
	if t == "" {
		return true
	}
	if len(t) != timeLength {
		return false
	}
	for i := range timeLength - 1 {
		if t[i] < '0' || t[i] > '9' {
			return false
		}
	}
	switch t[15] {
	case 'R':
		return true
	case '+', '-':
		return t.onCalendar() && t.pair(6) < 24 && t.pair(8) < 60 && t.pair(10) < 60 && t.pair(13) <= 48
	default:
		return false
	}
}

// onCalendar reports that the day exists.
func (t Time) onCalendar() bool {
	d := time.Date(2000+t.pair(0), time.Month(t.pair(2)), t.pair(4), 0, 0, 0, 0, time.UTC)
	return int(d.Month()) == t.pair(2) && d.Day() == t.pair(4)
}
