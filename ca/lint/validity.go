package lint

import (
	"time"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// generalizedFrom is the year from which times are GeneralizedTime, RFC 5280 §4.1.2.5.
const generalizedFrom = 2050

func checkValidity(r *report) {
	length := inclusive(r.NotBefore, r.NotAfter)
	r.object(length <= time.Second, "the validity is empty or negative")
	r.object(length > r.rules.validity, "valid for %v, more than %v, both ends included", length, r.rules.validity)
	r.object(r.times[0] != timeTag(r.NotBefore) || r.times[1] != timeTag(r.NotAfter), "times are UTCTime through 2049 and GeneralizedTime after")
	if r.issuer != nil {
		r.object(r.NotBefore.Before(r.issuer.NotBefore), "valid before its issuer")
		r.object(r.NotAfter.After(r.issuer.NotAfter), "valid longer than its issuer")
	}
}

// inclusive is the time from the first through the last second, RFC 5280 §4.1.2.5: both belong to the validity.
func inclusive(from, through time.Time) time.Duration { return through.Sub(from) + time.Second }

func timeTag(t time.Time) asn1.Tag {
	if t.Year() >= generalizedFrom {
		return asn1.GeneralizedTime
	}
	return asn1.UTCTime
}
