package rbm

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span as proto3 writes it in JSON: seconds with up to nine decimals and the letter s, such as 600s or 1.5s.
type Duration time.Duration

var durationShape = regexp.MustCompile(`^(-?[0-9]{1,12})(?:\.([0-9]{1,9}))?s$`)

var errDuration = errors.New("not a duration such as 600s")

// UnmarshalText reads a duration; one that is longer than can be counted becomes the longest.
func (d *Duration) UnmarshalText(text []byte) error {
	m := durationShape.FindStringSubmatch(string(text))
	if m == nil {
		return errDuration
	}
	whole, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return errDuration
	}
	nanos, err := strconv.ParseInt(m[2]+strings.Repeat("0", 9-len(m[2])), 10, 64)
	if err != nil {
		return errDuration
	}
	if strings.HasPrefix(m[1], "-") {
		nanos = -nanos
	}
	const most = math.MaxInt64/int64(time.Second) - 1
	*d = Duration(min(max(whole, -most), most)*int64(time.Second) + nanos)
	return nil
}

// MarshalText writes a duration.
func (d Duration) MarshalText() ([]byte, error) {
	s := strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64)
	return []byte(s + "s"), nil
}
