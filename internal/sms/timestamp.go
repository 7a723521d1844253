package sms

import "time"

// Timestamp is a point in time as TPDUs carry it (3GPP TS 23.040 §9.2.3.11): year, month, day, hour, minute and second as swapped
// decimal digits, then the zone in quarters of an hour. A TPDU carries what its sender put there, sense or not.
type Timestamp [7]byte

const (
	quarter  = 15 * 60 // seconds
	century  = 2000
	west     = 0x08 // the sign of the zone, in the nibble of its tens
	maxTens  = 7
	maxZone  = maxTens*10 + 9
	zoneByte = 6
)

// NewTimestamp writes t in its own zone. It fails with [ErrTime] outside the years 2000 to 2099, and where the zone is not of full
// quarters of an hour or more than 19:45 away from UTC.
func NewTimestamp(t time.Time) (Timestamp, error) {
	_, offset := t.Zone()
	zone, sign := offset/quarter, byte(0)
	if zone < 0 {
		zone, sign = -zone, west
	}
	if t.Year() < century || t.Year() >= century+100 || offset%quarter != 0 || zone > maxZone {
		return Timestamp{}, ErrTime
	}
	return Timestamp{
		swapped(t.Year() - century), swapped(int(t.Month())), swapped(t.Day()),
		swapped(t.Hour()), swapped(t.Minute()), swapped(t.Second()), swapped(zone) | sign,
	}, nil
}

// Time reads the point in time, in the years 2000 to 2099 and in its own zone. It fails with [ErrTime].
func (t Timestamp) Time() (time.Time, error) {
	var part [len(t)]int
	west := t[zoneByte]&west != 0
	t[zoneByte] &^= 0x08
	for i, o := range t {
		if o&0x0F > 9 || o>>4 > 9 {
			return time.Time{}, ErrTime
		}
		part[i] = int(o&0x0F)*10 + int(o>>4)
	}
	offset := part[zoneByte] * quarter
	if west {
		offset = -offset
	}
	at := time.Date(century+part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.FixedZone("", offset))
	if again, err := NewTimestamp(at); err != nil || !again.sameClock(t) {
		return time.Time{}, ErrTime
	}
	return at, nil
}

// sameClock tells whether the date and the clock agree: they do not where one of them had been out of range.
func (t Timestamp) sameClock(o Timestamp) bool { return [zoneByte]byte(t[:]) == [zoneByte]byte(o[:]) }

func swapped(n int) byte { return byte(n%10<<4 | n/10) }
