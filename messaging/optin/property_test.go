package optin_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/optin"
)

// line is what a sender and the holders of one number have said, to somebody who was there.
type line struct {
	tenure       simtrust.TenureID
	state        optin.State // of the holder now; empty: never let in, never refused
	began, ended time.Time   // of the tenure; of the last withdrawal
	told         time.Time   // RECIPIENT_CHANGED, to the sender
	formerly     bool        // the number changed hands during an opt-in, which nobody has taken back since
}

// upload is what a sender hears who states an opt-in of an instant.
func (l *line) upload(at, now time.Time) string {
	switch {
	case at.Before(l.told):
		return optin.ReasonRecipientChanged
	case l.state == "" && at.Before(l.began):
		l.told = now
		return optin.ReasonRecipientChanged
	case l.state == optin.StateRefused:
		return optin.ReasonRefused
	case l.state == optin.StateWithdrawn && at.Before(l.ended):
		return optin.ReasonSuperseded
	}
	l.state = optin.StateActive
	return ""
}

// send is what a sender hears who writes to the number.
func (l *line) send() string {
	switch {
	case l.state == optin.StateActive:
		return ""
	case l.state == optin.StateRefused:
		return optin.ReasonRefused
	case l.state == "" && l.formerly:
		return optin.ReasonRecipientChanged
	}
	return optin.ReasonNoOptIn
}

// TestAgainstModel has one number go through random histories, with the events late.
func TestAgainstModel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		rng := rand.New(rand.NewPCG(5, 2))
		for round := range 6 {
			n := fmt.Sprintf("+86137%08d", round)
			l := &line{began: w.clock()}
			l.tenure = w.must(feed("assign", n, "h0", l.began))
			var history []string
			for step := range 25 {
				w.later(time.Minute)
				did := w.random(rng, l, n, step)
				history = append(history, did)
				if got := simtrust.ReasonOf(w.ask(bank, n)); got != l.send() {
					t.Fatalf("after %q: %q, want %q", history, got, l.send())
				}
				if got := w.still(bank, l.tenure); (got == nil) != (l.send() == "") {
					t.Fatalf("after %q, by tenure: %v", history, got)
				}
			}
		}
	})
}

// random does one thing and returns its name.
func (w *world) random(rng *rand.Rand, l *line, n string, step int) string {
	w.t.Helper()
	now := w.clock()
	switch k := rng.IntN(10); {
	case k < 4:
		at := now.Add(-time.Duration(rng.IntN(20)) * time.Minute)
		want := l.upload(at, now)
		if got := simtrust.ReasonOf(w.optIn(bank, n, at)); got != want {
			w.t.Fatalf("an opt-in: %q, want %q", got, want)
		}
		return "opt-in of " + now.Sub(at).String() + " ago"
	case k == 4:
		w.say(l, "STOP", optin.StateRefused)
		return "stop"
	case k == 5:
		w.say(l, "START", optin.StateActive)
		return "start"
	case k == 6:
		if err := w.Withdraw(w.t.Context(), bank, "client", number(w.t, n)); err != nil {
			w.t.Fatal(err)
		}
		l.formerly = false
		if l.state == optin.StateActive {
			l.state, l.ended = optin.StateWithdrawn, now
		}
		return "withdrawal"
	case k == 7:
		l.formerly = l.formerly || l.state == optin.StateActive
		l.state, l.began = "", now
		l.tenure = w.rehold(n, fmt.Sprint("h", step+1), now)
		return "another holder"
	default:
		w.drain()
		return "events"
	}
}

func (w *world) say(l *line, text string, state optin.State) {
	w.t.Helper()
	if _, err := w.said(bank, l.tenure, text); err != nil {
		w.t.Fatal(err)
	}
	l.state = state
}
