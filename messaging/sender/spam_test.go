package sender_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/sender"
)

// spammed is a world in which two people slow a chatbot down and four stop it, where they are at least a tenth of what was sent.
func spammed(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	each(t, func(t *testing.T, w *world) {
		w.config.Spam = sender.Spam{Window: 10 * 24 * time.Hour, Throttle: sender.Level{People: 2, PerMillion: 100_000},
			Suspend: sender.Level{People: 4, PerMillion: 100_000}, Percent: 10, Pause: 24 * time.Hour}
		w.Service = w.node()
		w.takings = w.merged(w.Service)
		fn(t, w)
	})
}

// report has a new person receive a message and report it.
func (w *world) report(chatbot string) (simtrust.TenureID, string) {
	w.t.Helper()
	tenure, message := simtrust.NewTenureID(), simtrust.NewID("msg")
	w.delivered.add(message, tenure)
	w.reportBy(chatbot, message, tenure)
	return tenure, message
}

func (w *world) reportBy(chatbot, message string, tenure simtrust.TenureID) {
	w.t.Helper()
	counted, err := w.Report(w.t.Context(), sender.SpamReport{Chatbot: chatbot, Message: message, Tenure: tenure, Kind: "advertisement"})
	if must(w.t, counted, err); !counted {
		w.t.Error("a first report does not count")
	}
}

func (w *world) shown(id string) sender.Chatbot {
	w.t.Helper()
	c, err := w.Chatbot(w.t.Context(), id)
	return must(w.t, c, err)
}

// TestSpamScore: reports slow a chatbot down, more of them stop it, and the operator settles them.
func TestSpamScore(t *testing.T) {
	spammed(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		w.quotas(c.ID, sender.Quotas{Second: 100, Day: 1000, Month: 1000, Year: 1000})
		must(t, c, w.spend(c.ID, 20))
		w.report(c.ID)
		if !w.shown(c.ID).Throttled.IsZero() {
			t.Error("throttled by one report")
		}
		w.report(c.ID)
		if got := w.shown(c.ID); !got.Throttled.Equal(w.clock.now().Add(24*time.Hour)) || got.State() != sender.Verified {
			t.Errorf("after two reports: %+v", got)
		}
		w.clock.advance(time.Second)
		wantError(t, w.spend(c.ID, 11), simtrust.KindLimited, sender.ReasonOverSecond)
		must(t, c, w.spend(c.ID, 10))
		w.report(c.ID)
		w.report(c.ID)
		if got := w.shown(c.ID); got.State() != sender.Suspended || got.Cause == "" {
			t.Errorf("after four reports: %+v", got)
		}
		_, err := w.Live(t.Context(), c.ID)
		wantError(t, err, simtrust.KindDenied, sender.ReasonSuspended)
		wantError(t, w.spend(c.ID, 1), simtrust.KindDenied, sender.ReasonSuspended)
		w.report(c.ID)
		if list := told[sender.StateChanged](w); len(list) != 1 || list[0].State != sender.Suspended {
			t.Errorf("events %+v", w.events.all)
		}

		resumed, err := w.Resume(t.Context(), c.ID, operator)
		if must(t, resumed, err); resumed.State() != sender.Verified || !resumed.Throttled.IsZero() {
			t.Errorf("resumed: %+v", resumed)
		}
		w.clock.advance(time.Second)
		w.report(c.ID)
		if got := w.shown(c.ID); !got.Throttled.IsZero() {
			t.Error("reports that were settled count again")
		}
		acts, _, err := w.History(t.Context(), c.ID, sender.Page{})
		must(t, acts, err)
		var did []string
		for _, a := range acts[4:] {
			did = append(did, a.Act+" by "+a.By)
		}
		if got, want := strings.Join(did, ", "), "chatbot_throttled by spam reports, chatbot_throttled by spam reports, chatbot_suspended by spam reports, "+
			"chatbot_resumed by operator"; got != want {
			t.Errorf("on record: %s", got)
		}
	})
}

// TestFewAmongMany: what is much for a small sender is little for a large one, and old reports are forgotten.
func TestFewAmongMany(t *testing.T) {
	spammed(t, func(t *testing.T, w *world) {
		c, _ := w.live("Large")
		must(t, c, w.spend(c.ID, 1000))
		for range 6 {
			w.report(c.ID)
		}
		if got := w.shown(c.ID); got.State() != sender.Verified || !got.Throttled.IsZero() {
			t.Errorf("six of a thousand: %+v", got)
		}
		w.clock.advance(40 * 24 * time.Hour) // into January: the thousand were sent before the month before
		w.report(c.ID)
		if got := w.shown(c.ID); !got.Throttled.IsZero() {
			t.Errorf("old reports count: %+v", got)
		}
		w.report(c.ID)
		if w.shown(c.ID).Throttled.IsZero() {
			t.Error("messages of two months ago excuse new reports")
		}
	})
}

// TestReportsThatDoNotCount: again, about what never came, or about nothing.
func TestReportsThatDoNotCount(t *testing.T) {
	spammed(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		tenure, message := w.report(c.ID)
		for range 5 {
			counted, err := w.Report(t.Context(), sender.SpamReport{Chatbot: c.ID, Message: message, Tenure: tenure, Kind: "fraud"})
			if must(t, counted, err); counted {
				t.Error("the same report counts again")
			}
		}
		for range 5 { // one angry person, several messages
			message := simtrust.NewID("msg")
			w.delivered.add(message, tenure)
			w.reportBy(c.ID, message, tenure)
		}
		stranger, another := simtrust.NewTenureID(), simtrust.NewID("msg")
		w.delivered.add(another, stranger)
		for name, r := range map[string]sender.SpamReport{
			"by a stranger":   {Chatbot: c.ID, Message: message, Tenure: stranger},
			"about another's": {Chatbot: c.ID, Message: another, Tenure: tenure},
			"about nothing":   {Chatbot: c.ID, Message: simtrust.NewID("msg"), Tenure: tenure},
			"by nobody":       {Chatbot: c.ID, Message: message},
		} {
			counted, err := w.Report(t.Context(), r)
			if simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != sender.ReasonNotDelivered || counted {
				t.Errorf("%s: %t, %v", name, counted, err)
			}
		}
		for _, kind := range []string{strings.Repeat("a", 51), strings.Repeat("诈", 17), "a\nb", "a\x00"} {
			_, err := w.Report(t.Context(), sender.SpamReport{Chatbot: c.ID, Message: another, Tenure: stranger, Kind: kind})
			wantError(t, err, simtrust.KindInvalid, sender.ReasonSpamKind)
		}
		_, err := w.Report(t.Context(), sender.SpamReport{Chatbot: simtrust.NewID("bot"), Message: another, Tenure: stranger})
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)
		if got := w.shown(c.ID); got.State() != sender.Verified || !got.Throttled.IsZero() {
			t.Errorf("one person throttled a chatbot: %+v", got)
		}
		w.delivered.down = true
		_, err = w.Report(t.Context(), sender.SpamReport{Chatbot: c.ID, Message: another, Tenure: stranger})
		wantError(t, err, simtrust.KindUnavailable, "")
	})
}

// TestReportsAtOnce: one person's many copies count once, and of many people none is overlooked.
func TestReportsAtOnce(t *testing.T) {
	spammed(t, func(t *testing.T, w *world) {
		c, _ := w.live("Shop")
		tenures, message := make([]simtrust.TenureID, 4), simtrust.NewID("msg")
		for i := range tenures {
			tenures[i] = simtrust.NewTenureID()
			w.delivered.add(message, tenures[i])
		}
		var counted atomic.Int64
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() {
				got, err := w.Report(t.Context(), sender.SpamReport{Chatbot: c.ID, Message: message, Tenure: tenures[i%4], Kind: fmt.Sprint(i)})
				if err != nil {
					t.Error(err)
				}
				if got {
					counted.Add(1)
				}
			})
		}
		all.Wait()
		if counted.Load() != 4 {
			t.Errorf("%d of 4 people count", counted.Load())
		}
		if w.shown(c.ID).State() != sender.Suspended {
			t.Error("four people at once do not stop a chatbot")
		}
	})
}
