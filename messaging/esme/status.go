package esme

import (
	"simtrust"
	"simtrust/internal/smpp"
)

// statusOf is what an error of sending is told as. Why a person may not be written to is not told.
func statusOf(err error) error {
	switch kind, reason := simtrust.KindOf(err), simtrust.ReasonOf(err); kind {
	case "":
		return nil
	case simtrust.KindUnprocessable, simtrust.KindConflict, simtrust.KindNotFound:
		return smpp.StatusInvalidDestination
	case simtrust.KindLimited:
		if lasting[reason] {
			return smpp.StatusQueueFull
		}
		return smpp.StatusThrottled
	case simtrust.KindInvalid:
		if tooLong[reason] {
			return smpp.StatusInvalidMessageLength
		}
		return smpp.StatusSubmitFailed
	case simtrust.KindDenied:
		return smpp.StatusSubmitFailed
	}
	return smpp.StatusSystemError
}

// lasting are quotas that are not open again in a second; tooLong is a content over the limits of a channel.
var (
	lasting = map[string]bool{"over_day_quota": true, "over_month_quota": true, "over_year_quota": true}
	tooLong = map[string]bool{"content_over_limit": true}
)
