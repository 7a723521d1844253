package oidc

import (
	"crypto/subtle"
	"time"

	"simtrust"
)

const (
	codeTries  = 3               // of the code on the phone, as ticketsql.go has it too; then the code is dead
	askedLife  = 5 * time.Minute // for the code to be typed in
	provenLife = promptLife      // for the login to begin after it: as long as the browser keeps its cookie
)

// ticket is a link for one person, and how far somebody came with it.
type ticket struct {
	id      string // hash of the ticket
	tenure  simtrust.TenureID
	app     string
	target  string
	expires time.Time

	asked       time.Time // zero: no code was asked for
	browser     []byte    // hash of the cookie of the browser that it was asked for in
	simRecorded time.Time // the tenure's SIM then: see authn.Located
	prompt      string    // on the phone; empty: not there yet
	tries       int
	proven      time.Time // zero: the code was not typed in
	spent       bool
}

// alive reports whether the ticket may still log somebody in.
func (t *ticket) alive(now time.Time) bool { return !t.spent && now.Before(t.expires) }

// codeDead reports whether the code was guessed at too often, by whoever had the link. The data session of whom it is for needs no code, and is
// not shut out by them.
func (t *ticket) codeDead() bool { return t.tries >= codeTries && t.proven.IsZero() }

// askedIn reports whether it was this browser that asked for the code.
func (t *ticket) askedIn(browser string) bool {
	return browser != "" && subtle.ConstantTimeCompare(t.browser, digest(browser)) == 1
}

// awaitsCode reports whether the code may still be typed in.
func (t *ticket) awaitsCode(now time.Time) bool {
	return t.prompt != "" && t.proven.IsZero() && now.Before(t.asked.Add(askedLife))
}

// provenIn reports whether the right code was typed into this browser, and not longer than maxAge ago.
func (t *ticket) provenIn(browser string, now time.Time, maxAge time.Duration) bool {
	return !t.proven.IsZero() && now.Before(t.proven.Add(maxAge)) && t.askedIn(browser)
}
