package tsa

import (
	"encoding/asn1"
	"log/slog"
	"time"

	"simtrust/internal/sqldb"
)

// Clock is the machine's time. Both readings are taken together.
type Clock interface {
	// Read returns the wall clock, and the time since some fixed moment by a clock that nobody sets.
	Read() (wall time.Time, monotonic time.Duration)
}

// SystemClock is the clock of the operating system.
func SystemClock() Clock { return systemClock{time.Now()} }

type systemClock struct{ start time.Time }

// Read implements Clock.
func (c systemClock) Read() (time.Time, time.Duration) {
	now := time.Now()
	return now.Round(0).UTC(), now.Sub(c.start) // Round removes the monotonic reading, Sub uses it
}

// Deps is what the package stands on.
type Deps struct {
	DB    *sqldb.DB
	Log   *slog.Logger
	Clock Clock
}

// Config is what the operator sets.
type Config struct {
	// Policies are those that may be asked for, the default first.
	Policies []asn1.ObjectIdentifier
	// Accuracy is what tokens claim, in whole milliseconds of at least the clock's tolerance; 0: one second.
	Accuracy time.Duration
	// Patience is how long a stamp waits for the store; 0: two seconds.
	Patience time.Duration
}

const defaultPatience = 2 * time.Second

// Fixed times, as doc.go promises them.
const (
	tolerance = 500 * time.Millisecond // of the wall clock, against the monotonic clock and other nodes
	ahead     = 2 * time.Second        // how far the bound is raised past now
	pause     = 200 * time.Millisecond // after the store failed, before it is asked again
)
