package dispatch_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
)

const (
	storeToSendOn = "DISPATCH_TEST_SEND_ON"
	recipients    = 40 // of each message
)

// TestSendUntilKilled is the process that TestKill starts and kills; on its own it has nothing to do. It says what it has accepted, once
// that is durable, and what its bearer was given, before it answers.
func TestSendUntilKilled(t *testing.T) {
	url := os.Getenv(storeToSendOn)
	if url == "" {
		return
	}
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	var saying sync.Mutex
	say := func(what string) {
		saying.Lock()
		defer saying.Unlock()
		fmt.Println(what)
	}
	w := newWorld(t, db)
	w.clock = &clock{ticking: true}
	w = w.node(db, w.net)
	waiting := make(chan struct{}, 8*recipients)
	w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
		say("given " + s.Delivery)
		<-waiting
		return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
	}
	go func() { _ = w.Run(t.Context()) }()
	for {
		p := plan(dispatch.ClassPromotion)
		p.Message, p.Expires = simtrust.NewID("msg"), time.Now().Add(time.Hour)
		to := make([]dispatch.Target, recipients)
		for i := range to {
			to[i] = dispatch.Target{Delivery: fmt.Sprintf("%s-%d", p.Message, i), Tenure: simtrust.NewTenureID()}
		}
		if err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(t.Context(), tx, p, to) }); err != nil {
			t.Fatal(err)
		}
		say("accepted " + p.Message)
		for range recipients {
			waiting <- struct{}{}
		}
	}
}

// TestKill kills a process that sends, with no warning, again and again. What it had accepted is there and comes to an end; no attempt
// was made twice, and no second copy of anything.
func TestKill(t *testing.T) {
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		accepted, given := map[string]bool{}, map[string]int{} // copies by delivery
		for round := range 3 {
			sendAndKill(t, url, accepted, given, 150+60*round)
		}
		w := newWorld(t, sqldbtest.Open(t, url))
		w.clock.t = time.Now().Add(lease)
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			given[s.Delivery]++
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		w.net.cancel = func(dispatch.Copy) dispatch.Recall { return dispatch.TooLate }
		w.drain()
		w.later(2 * time.Hour)
		w.later(time.Hour)
		for id := range accepted {
			counts, err := w.Counts(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var ended int64
			for state, n := range counts {
				if state.Terminal() {
					ended += n
				}
			}
			if ended != recipients {
				t.Errorf("%s ended as %v", id, counts)
			}
		}
		for id, n := range given {
			if n != 1 { // an attempt that a slow node put back was not submitted: then it may be the second one
				t.Errorf("%s was submitted %d times", id, n)
			}
		}
		if len(accepted) < 3 || len(given) < 500 {
			t.Errorf("%d messages, %d copies", len(accepted), len(given))
		}
	})
}

// sendAndKill notes what a process says, and kills it after so many lines.
func sendAndKill(t *testing.T, url string, accepted map[string]bool, given map[string]int, after int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestSendUntilKilled$")
	child.Env = append(os.Environ(), storeToSendOn+"="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); {
		verb, id, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "accepted":
			accepted[id] = true
		case "given":
			given[id]++
			n++
		default:
			t.Errorf("the process says %q", lines.Text())
		}
		if n == after {
			cancel() // SIGKILL; what it had written by then is still read
		}
	}
	_ = child.Wait() // killed
}
