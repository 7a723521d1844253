package tlog_test

import (
	"testing"
	"time"
)

// TestClockPutRight has a clock that was a year ahead take the lease of a process that ended without giving it back.
func TestClockPutRight(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.exec(`update tlog_lease set holder = 'log_of_the_dead', until = $1 where one = 1`, w.clock.now().Add(365*24*time.Hour).UnixMilli())
		s := w.service(w.dir)
		r := w.serve(s)
		w.run(s)
		w.issue(s, 2)
		w.checkpoint(r, 2)
	})
}
