package redenvelope_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/redenvelope"
)

// TestClaimByASlowClock: what one node has given back, another gives nobody, though its own clock says that there is time.
func TestClaimByASlowClock(t *testing.T) {
	for _, split := range []redenvelope.Split{redenvelope.Fixed, redenvelope.Random} {
		t.Run(string(split), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				r := request(100, 10)
				r.Split = split
				c := w.campaign(r)
				had := w.claims(c.ID, 1)
				w.pass(24 * time.Hour)
				if err := w.Expire(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.pass(-time.Second)
				w.refused(c.ID, 2, redenvelope.ReasonExpired)
				if again := w.claims(c.ID, 1); !again.Repeated || again.Amount != had.Amount {
					t.Errorf("%+v, had %+v", again, had)
				}
				_, err := w.Send(t.Context(), shopClient, c.ID, redenvelope.Card{To: []string{"+8613800000001"}})
				if got := w.shown(c.ID).State; got != redenvelope.Expired || simtrust.ReasonOf(err) != redenvelope.ReasonExpired {
					t.Errorf("%s, and a card: %v", got, err)
				}
			})
		})
	}
}
