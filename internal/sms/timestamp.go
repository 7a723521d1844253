package sms

import "time"

// Timestamp is a point in time as TPDUs carry it (3GPP TS 23.040 §9.2.3.11): year, month, day, hour, minute and second as swapped
// decimal digits, then the zone in quarters of an hour. A TPDU carries what its sender put there, sense or not.
type Timestamp [7]byte

const (
	century = 2000
	quarter = 15 * 60 // seconds
	maxZone = 79      // quarters
	west    = 0x08    // the sign of the zone, among the bits of its tens
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
	sign := t[6] & west
	t[6] &^= west
	var part [len(t)]int
	for i, o := range t {
		tens, units := int(o&0x0F), int(o>>4)
		if tens > 9 || units > 9 {
			return time.Time{}, ErrTime
		}
		part[i] = tens*10 + units
	}
	offset := part[6] * quarter
	if sign != 0 {
		offset = -offset
	}
	at := time.Date(century+part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.FixedZone("", offset))
	// time.Date carries a 31 April over to May: what comes back must be what was read.
	if again, err := NewTimestamp(at); err != nil || [6]byte(again[:]) != [6]byte(t[:]) {
		return time.Time{}, ErrTime
	}
	return at, nil
}

func swapped(n int) byte { return byte(n%10<<4 | n/10) }
