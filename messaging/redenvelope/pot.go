package redenvelope

import (
	mathrand "math/rand/v2"
	"time"
)

// pot is the part of a campaign that changes, and what decides about a claim.
type pot struct {
	id                  string
	split               Split
	expires, ended      int64
	shares, given, left int64
	changed             bool
}

// state is how it stands at an instant. One that was shared out to the last neither expires nor is closed; one that was given back is over
// for a clock, too, by which it is not yet time.
func (p *pot) state(now int64) State {
	switch {
	case p.given == p.shares:
		return Empty
	case p.ended > 0 && p.ended < p.expires:
		return Closed
	case p.ended > 0, now >= p.expires:
		return Expired
	}
	return Open
}

// take gives the next share.
func (p *pot) take(c claim, now time.Time, draws *mathrand.Rand) Share {
	amount := p.split.next(p.left, p.shares-p.given, draws)
	p.left, p.given, p.changed = p.left-amount, p.given+1, true
	return Share{Campaign: c.campaign, Tenure: c.tenure, Number: p.given, Amount: amount, At: now}
}
