package dispatch_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// classes runs a test for one class of each group, on the embedded store.
func classes(t *testing.T, fn func(t *testing.T, w *world, c dispatch.Class)) {
	t.Helper()
	for _, c := range []dispatch.Class{dispatch.ClassPromotion, dispatch.ClassAuthentication} {
		t.Run(string(c), func(t *testing.T) { fn(t, embedded(t), c) })
	}
}

// everywhere is classes on every store.
func everywhere(t *testing.T, fn func(t *testing.T, w *world, c dispatch.Class)) {
	t.Helper()
	for _, c := range []dispatch.Class{dispatch.ClassPromotion, dispatch.ClassAuthentication} {
		t.Run(string(c), func(t *testing.T) { each(t, func(t *testing.T, w *world) { fn(t, w, c) }) })
	}
}

func TestDelivered(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.accept(plan(c), 1)
		w.want(dispatch.StateQueued)
		w.drain()
		w.want(dispatch.StateSubmitted, "1 rcs")
		got := w.net.copies[0]
		if got.Number != number || got.Tenure != "ten_0000" || got.Chatbot != "bot_1" || got.Message != "msg_1" || got.Class != c ||
			!got.Expires.Equal(epoch.Add(time.Hour)) || got.ContentType != "application/json" || string(got.Payload) != `{"card":1}` || got.PossibleDuplicate {
			t.Errorf("submitted %+v", got)
		}
		w.clock.pass(time.Second)
		w.report(1, dispatch.FateDelivered)
		w.clock.pass(time.Second)
		w.report(1, dispatch.FateDisplayed)
		w.later(2 * time.Hour)
		w.want(dispatch.StateDisplayed, "1 rcs")
		if told := w.told("dlv_0000"); !slices.Equal(told, []string{"submitted", "delivered", "displayed"}) {
			t.Errorf("told %q", told)
		}
		if s := w.status("dlv_0000"); s.Key != "0" || s.Attempts != 1 || s.Channel != rcs || s.PossibleDuplicate || s.Class != c || s.Chatbot != "bot_1" {
			t.Errorf("status %+v", s)
		}
	})
}

// TestFallback: a final negative answer or report leads to the next channel at once, in any class, and is no doubt.
func TestFallback(t *testing.T) {
	for name, first := range map[string]func(w *world){
		"unreachable": func(w *world) {
			w.net.reach = func(c dispatch.Channel, _ dispatch.Recipient) (bool, error) { return c == text, nil }
		},
		"rejected":  func(w *world) { w.net.submit = answering(rcs, dispatch.Rejected) },
		"not on it": func(w *world) { w.net.submit = answering(rcs, dispatch.NotOnIt) },
	} {
		t.Run(name, func(t *testing.T) {
			classes(t, func(t *testing.T, w *world, c dispatch.Class) {
				first(w)
				w.send(plan(c))
				last := w.net.copies[len(w.net.copies)-1]
				if last.Channel != text || last.PossibleDuplicate || string(last.Payload) != "card" {
					t.Errorf("submitted %+v", last)
				}
				w.report(last.Attempt, dispatch.FateDelivered)
				if s := w.status("dlv_0000"); s.State != dispatch.StateDelivered || s.Channel != text || s.PossibleDuplicate {
					t.Errorf("%+v", s)
				}
			})
		})
	}
	for _, fate := range []dispatch.Fate{dispatch.FateFailed, dispatch.FateExpired, dispatch.FateRevoked} {
		t.Run(string(fate), func(t *testing.T) {
			classes(t, func(t *testing.T, w *world, c dispatch.Class) {
				w.send(plan(c))
				w.report(1, fate)
				w.report(1, fate)
				w.drain()
				w.want(dispatch.StateSubmitted, "1 rcs", "2 sms")
				w.report(2, fate)
				w.drain()
				s := w.status("dlv_0000")
				if string(s.State) != string(fate) || s.PossibleDuplicate || s.Channel != text {
					t.Errorf("%+v", s)
				}
				w.report(1, dispatch.FateDelivered)
				if s := w.status("dlv_0000"); s.State != dispatch.StateDelivered || s.Channel != rcs {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// answering is a network that gives one answer on one channel and takes everything on the others.
func answering(c dispatch.Channel, a dispatch.Answer) func(dispatch.Submission) dispatch.Outcome {
	return func(s dispatch.Submission) dispatch.Outcome {
		if s.Channel != c {
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		return dispatch.Outcome{Answer: a, Reason: "code_7"}
	}
}

// TestNoChannelLeft ends as failed, with the bearer's word.
func TestNoChannelLeft(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = func(dispatch.Submission) dispatch.Outcome {
			return dispatch.Outcome{Answer: dispatch.Rejected, Reason: "code_7"}
		}
		w.send(plan(c))
		w.want(dispatch.StateFailed, "1 rcs", "2 sms")
		if s := w.status("dlv_0000"); s.Reason != "code_7" {
			t.Errorf("%+v", s)
		}
	})
}

// TestSilenceAndConfirmedRevoke: the step's time leads to the next channel once the first copy is taken back.
func TestSilenceAndConfirmedRevoke(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.send(plan(c))
		w.later(59 * time.Second)
		w.want(dispatch.StateSubmitted, "1 rcs")
		w.later(time.Second)
		w.want(dispatch.StateSubmitted, "1 rcs", "2 sms")
		if w.net.copies[1].PossibleDuplicate {
			t.Error("a duplicate of what was taken back")
		}
	})
}

// TestSilenceAndNoRevoke: where the copy is not taken back, what is not urgent waits, and ends as unknown; what is urgent goes on, once.
func TestSilenceAndNoRevoke(t *testing.T) {
	for _, recall := range []dispatch.Recall{dispatch.TooLate, dispatch.RecallUnknown} {
		t.Run(string(recall), func(t *testing.T) {
			everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
				w.net.cancel = func(dispatch.Copy) dispatch.Recall { return recall }
				w.send(plan(c))
				w.later(time.Minute)
				w.later(time.Minute)
				w.later(time.Minute)
				if c.Urgent() {
					w.wantDoubled()
				} else {
					w.want(dispatch.StateSubmitted, "1 rcs")
				}
				w.later(time.Hour)
				w.later(grace)
				if c.Urgent() {
					w.want(dispatch.StateUnknown, "1 rcs", "2 sms")
				} else {
					w.want(dispatch.StateUnknown, "1 rcs")
				}
			})
		})
	}
}

// wantDoubled expects a second copy that says so and carries the first one's reference.
func (w *world) wantDoubled() {
	w.t.Helper()
	w.want(w.status("dlv_0000").State, "1 rcs", "2 sms")
	if len(w.net.copies) == 2 && (!w.net.copies[1].PossibleDuplicate || w.net.copies[1].Delivery != w.net.copies[0].Delivery) {
		w.t.Errorf("the second copy is %+v", w.net.copies[1])
	}
	if !w.status("dlv_0000").PossibleDuplicate {
		w.t.Error("the status does not say that it may be a duplicate")
	}
}

// TestLostAnswer: the bearer is asked, and only what is urgent is sent again, when the bearer cannot say.
func TestLostAnswer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		var asked []string
		w.net.submit = answering(rcs, dispatch.Lost)
		w.net.query = func(c dispatch.Copy) dispatch.Finding {
			asked = append(asked, c.ID()+c.Ref)
			return dispatch.Finding{}
		}
		w.send(plan(c))
		if len(asked) == 0 || asked[0] != "dlv_0000.1" {
			t.Errorf("asked about %q", asked)
		}
		if c.Urgent() {
			w.wantDoubled()
			w.report(2, dispatch.FateDelivered)
			if s := w.status("dlv_0000"); s.State != dispatch.StateDelivered || !s.PossibleDuplicate {
				t.Errorf("%+v", s)
			}
			return
		}
		w.later(time.Minute)
		if len(asked) < 2 {
			t.Error("it was not asked again")
		}
		w.later(time.Hour + grace)
		w.want(dispatch.StateUnknown, "1 rcs")
	})
}

// TestBothCopiesFail: what is known of both is not unknown, in whatever order it is learned.
func TestBothCopiesFail(t *testing.T) {
	for _, order := range [][]string{{"dlv_0000.1", "dlv_0000.2"}, {"dlv_0000.2", "dlv_0000.1"}} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(order, late), func(t *testing.T) {
				w := embedded(t)
				w.net.submit = answering(rcs, dispatch.Lost)
				w.send(plan(dispatch.ClassTransaction))
				w.wantDoubled()
				if late {
					w.later(time.Hour)
					w.later(grace)
					w.want(dispatch.StateUnknown, "1 rcs", "2 sms")
				}
				for i, id := range order {
					if err := w.Report(t.Context(), rcs, []dispatch.Report{{ID: id, Fate: dispatch.FateFailed, Reason: "code_9"}}); err != nil {
						t.Fatal(err)
					}
					if s := w.status("dlv_0000"); (s.State == dispatch.StateFailed) != (i == 1) || i == 1 && s.Reason != "code_9" {
						t.Errorf("after %d reports: %+v", i+1, s)
					}
				}
			})
		}
	}
}

// TestFoundBeforeTheSecondCopy: the first copy turns up while the second is being prepared, which is then not needed, and has all of its
// step's time.
func TestFoundBeforeTheSecondCopy(t *testing.T) {
	w := embedded(t)
	w.net.submit = answering(rcs, dispatch.Lost)
	w.net.reach = func(c dispatch.Channel, _ dispatch.Recipient) (bool, error) {
		if c == text && w.net.query == nil {
			w.net.query = func(c dispatch.Copy) dispatch.Finding { return dispatch.Finding{Fate: dispatch.FateAccepted} }
			return true, w.Report(t.Context(), rcs, []dispatch.Report{{ID: "dlv_0000.1", Fate: dispatch.FateAccepted}})
		}
		return true, nil
	}
	w.send(plan(dispatch.ClassTransaction))
	w.later(59 * time.Second)
	w.want(dispatch.StateSubmitted, "1 rcs")
	w.later(time.Second)
	w.want(dispatch.StateSubmitted, "1 rcs", "2 sms")
	if w.status("dlv_0000").PossibleDuplicate {
		t.Error("a duplicate of what was taken back")
	}
}

// TestToldOfEveryCopy: the sender hears of the second copy and of the channel that delivered in the end, also when that was the first.
func TestToldOfEveryCopy(t *testing.T) {
	w := embedded(t)
	w.net.submit = answering(rcs, dispatch.Lost)
	w.send(plan(dispatch.ClassTransaction))
	if told := w.told("dlv_0000"); !slices.Equal(told, []string{"submitted"}) {
		t.Errorf("told %q", told)
	}
	for _, id := range []string{"dlv_0000.1", "dlv_0000.9"} {
		if err := w.Report(t.Context(), rcs, []dispatch.Report{{ID: id, Fate: dispatch.FateDelivered}}); err != nil {
			t.Fatal(err)
		}
	}
	if s := w.status("dlv_0000"); s.State != dispatch.StateDelivered || s.Channel != rcs {
		t.Errorf("%+v", s)
	}
	second := embedded(t)
	second.net.submit = answering(rcs, dispatch.Lost)
	second.send(plan(dispatch.ClassTransaction))
	for _, r := range []dispatch.Report{{ID: "dlv_0000.2", Fate: dispatch.FateDelivered}, {ID: "dlv_0000.1", Fate: dispatch.FateFailed}} {
		if err := second.Report(t.Context(), rcs, []dispatch.Report{r}); err != nil {
			t.Fatal(err)
		}
		if s := second.status("dlv_0000"); s.State != dispatch.StateDelivered || s.Channel != text {
			t.Errorf("%+v", s)
		}
	}
	other := embedded(t)
	other.send(plan(dispatch.ClassService))
	other.later(time.Minute)
	if told := other.told("dlv_0000"); !slices.Equal(told, []string{"submitted", "submitted"}) {
		t.Errorf("told %q", told)
	}
}

// TestLostAnswerFound: the bearer has the copy, so there is no other.
func TestLostAnswerFound(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = answering(rcs, dispatch.Lost)
		w.net.query = func(c dispatch.Copy) dispatch.Finding {
			return dispatch.Finding{Fate: dispatch.FateAccepted, Ref: ref(c)}
		}
		w.send(plan(c))
		w.want(dispatch.StateSubmitted, "1 rcs")
		w.report(1, dispatch.FateDelivered)
		w.want(dispatch.StateDelivered, "1 rcs")
	})
}

// TestLostAnswerNotTaken: the bearer promises that it never had it, so the next channel follows without doubt.
func TestLostAnswerNotTaken(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = answering(rcs, dispatch.Lost)
		w.net.query = func(dispatch.Copy) dispatch.Finding { return dispatch.Finding{Fate: dispatch.FateNotTaken} }
		w.send(plan(c))
		w.want(dispatch.StateSubmitted, "1 rcs", "2 sms")
		if w.status("dlv_0000").PossibleDuplicate {
			t.Error("a duplicate of what was never taken")
		}
	})
}

// TestResendOnTheOnlyChannel: what is urgent is sent again over the same channel where there is no other, once.
func TestResendOnTheOnlyChannel(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = answering(text, dispatch.Lost)
		p := plan(c)
		p.Steps = p.Steps[1:]
		w.send(p)
		w.later(time.Hour)
		w.later(grace)
		if c.Urgent() {
			w.want(dispatch.StateUnknown, "1 sms", "2 sms")
		} else {
			w.want(dispatch.StateUnknown, "1 sms")
		}
	})
}

// TestDeliveredBeatsLateExpiry: whatever was said before, and whatever is said after.
func TestDeliveredBeatsLateExpiry(t *testing.T) {
	for _, fate := range []dispatch.Fate{dispatch.FateExpired, dispatch.FateFailed, dispatch.FateRevoked} {
		classes(t, func(t *testing.T, w *world, c dispatch.Class) {
			p := plan(c)
			p.Steps = p.Steps[1:]
			w.send(p)
			w.report(1, fate)
			w.report(1, dispatch.FateDelivered)
			w.report(1, fate)
			w.want(dispatch.StateDelivered, "1 sms")
			w.report(1, dispatch.FateDisplayed)
			w.report(1, dispatch.FateDelivered)
			w.want(dispatch.StateDisplayed, "1 sms")
		})
	}
}

// TestLateWordOnTheFirstCopy: it was delivered after all while the second was about to be made, or after the end.
func TestLateWordOnTheFirstCopy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.net.cancel = func(dispatch.Copy) dispatch.Recall { return dispatch.TooLate }
		w.send(plan(dispatch.ClassPromotion))
		w.later(time.Hour)
		w.later(grace)
		w.want(dispatch.StateUnknown, "1 rcs")
		w.report(1, dispatch.FateExpired)
		w.want(dispatch.StateExpired, "1 rcs")
		w.report(1, dispatch.FateDelivered)
		w.want(dispatch.StateDelivered, "1 rcs")
		w.drain()
		w.want(dispatch.StateDelivered, "1 rcs")
	})
}

// TestReportBeforeTheAnswer: a receipt may be faster than the bearer's answer.
func TestReportBeforeTheAnswer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			w.report(s.Attempt, dispatch.FateDelivered)
			w.report(s.Attempt, dispatch.FateDelivered)
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		w.send(plan(c))
		w.want(dispatch.StateDelivered, "1 rcs")
		if told := w.told("dlv_0000"); !slices.Equal(told, []string{"submitted", "delivered"}) {
			t.Errorf("told %q", told)
		}
	})
}

// TestReportByID: a bearer that knows the copy by its own id only may say so, though its answer was lost.
func TestReportByID(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			if err := w.Report(t.Context(), text, []dispatch.Report{{ID: s.ID(), Fate: dispatch.FateDelivered}}); err != nil {
				t.Error(err)
			}
			return dispatch.Outcome{}
		}
		w.send(plan(c))
		w.want(dispatch.StateDelivered, "1 rcs")
		if told := w.told("dlv_0000"); !slices.Equal(told, []string{"submitted", "delivered"}) {
			t.Errorf("told %q", told)
		}
	})
}

// TestFallbackByID: of the second copy, too, it is told that it was taken, though the word that it arrived overtook the answer.
func TestFallbackByID(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			if s.Channel == rcs {
				return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
			}
			if err := w.Report(t.Context(), text, []dispatch.Report{{ID: s.ID(), Fate: dispatch.FateDelivered}}); err != nil {
				t.Error(err)
			}
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		w.send(plan(c))
		w.report(w.net.copies[0].Attempt, dispatch.FateFailed)
		w.drain()
		w.want(dispatch.StateDelivered, "1 rcs", "2 sms")
		if told := w.told("dlv_0000"); !slices.Equal(told, []string{"submitted", "submitted", "delivered"}) {
			t.Errorf("told %q", told)
		}
	})
}

// TestExpired: what could not be sent in time is not sent, nor is it said to be unknown.
func TestExpired(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) { return false, errors.New("away") }
		w.send(plan(c))
		w.want(dispatch.StateQueued)
		w.later(time.Hour)
		w.want(dispatch.StateExpired)
		w.net.reach = nil
		w.later(time.Hour)
		w.want(dispatch.StateExpired)
	})
}

// TestConditions: a step that does not admit what happened is passed over.
func TestConditions(t *testing.T) {
	for name, c := range map[string]struct {
		when   dispatch.When
		answer dispatch.Answer
		want   string
	}{
		"unreachable after unreachable": {dispatch.Unreachable, dispatch.NotOnIt, "2 enhanced"},
		"unreachable after rejected":    {dispatch.Unreachable, dispatch.Rejected, "2 sms"},
		"failed after rejected":         {dispatch.Failed, dispatch.Rejected, "2 enhanced"},
		"failed after unreachable":      {dispatch.Failed, dispatch.NotOnIt, "2 enhanced"},
		"failed after silence":          {dispatch.Failed, dispatch.Accepted, "2 sms"},
		"unreachable after silence":     {dispatch.Unreachable, dispatch.Accepted, "2 sms"},
		"undelivered after silence":     {dispatch.Undelivered, dispatch.Accepted, "2 enhanced"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(t *testing.T, w *world) {
				w.Carry("net", w.net, "enhanced")
				w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
					if s.Channel == rcs {
						return dispatch.Outcome{Answer: c.answer, Ref: ref(s.Copy)}
					}
					return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
				}
				p := plan(dispatch.ClassService)
				p.Steps = slices.Insert(p.Steps, 1, dispatch.Step{Channel: "enhanced", When: c.when})
				w.send(p)
				w.later(time.Minute)
				w.want(dispatch.StateSubmitted, "1 rcs", c.want)
			})
		})
	}
}

// TestNoLongerToBeWrittenTo: the recipient is asked about before every copy, the fallback too, and where it cannot be told nothing is sent.
func TestNoLongerToBeWrittenTo(t *testing.T) {
	gone := &simtrust.Error{Kind: simtrust.KindConflict, Reason: "recipient_changed"}
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.people.refused["ten_0000"] = gone
		w.send(plan(c))
		w.want(dispatch.StateRefused)
		if s := w.status("dlv_0000"); s.Reason != "recipient_changed" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("before the fallback", func(t *testing.T) {
		classes(t, func(t *testing.T, w *world, c dispatch.Class) {
			w.send(plan(c))
			w.people.refused["ten_0000"] = gone
			w.later(time.Minute)
			w.want(dispatch.StateRefused, "1 rcs")
		})
	})
	t.Run("while a copy may arrive", func(t *testing.T) {
		alone(t, func(t *testing.T, w *world) {
			w.net.cancel = func(dispatch.Copy) dispatch.Recall { return dispatch.TooLate }
			w.send(plan(dispatch.ClassTransaction))
			w.people.refused["ten_0000"] = gone
			w.later(time.Minute)
			w.want(dispatch.StateSubmitted, "1 rcs")
			w.report(1, dispatch.FateFailed)
			w.want(dispatch.StateRefused, "1 rcs")
		})
	})
}

func TestItCannotBeToldWhoMayBeWrittenTo(t *testing.T) {
	for name, broken := range map[string]func(p *people){
		"away":          func(p *people) { p.away = errors.New("no store") },
		"missing":       func(p *people) { p.missing["ten_0000"] = true },
		"unavailable":   func(p *people) { p.refused["ten_0000"] = &simtrust.Error{Kind: simtrust.KindUnavailable} },
		"limited":       func(p *people) { p.refused["ten_0000"] = &simtrust.Error{Kind: simtrust.KindLimited} },
		"our own fault": func(p *people) { p.refused["ten_0000"] = errors.New("nil map") },
	} {
		t.Run(name, func(t *testing.T) {
			classes(t, func(t *testing.T, w *world, c dispatch.Class) {
				broken(w.people)
				w.send(plan(c))
				w.want(dispatch.StateQueued)
				w.people.away, w.people.refused, w.people.missing = nil, nil, nil
				w.later(time.Minute)
				w.want(dispatch.StateSubmitted, "1 rcs")
			})
		})
	}
}

// TestQuestion: who may be written to is asked with all that the sender wants to hold back for.
func TestQuestion(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		p := plan(dispatch.ClassAuthentication)
		p.SIMChangedWithin = 24 * time.Hour
		w.send(p)
		want := dispatch.Question{Chatbot: "bot_1", Class: dispatch.ClassAuthentication, SIMChangedWithin: 24 * time.Hour}
		if len(w.people.asked) != 1 || w.people.asked[0] != want {
			t.Errorf("asked %+v", w.people.asked)
		}
	})
}

// TestBegun: the listener knows of each copy, and its channel, before the bearer has it, and which may have arrived can be asked.
func TestBegun(t *testing.T) {
	for answer, out := range map[dispatch.Answer][]dispatch.Channel{dispatch.Accepted: {text}, dispatch.Lost: {text}, dispatch.Rejected: nil,
		dispatch.Throttled: nil, dispatch.Postponed: nil} {
		each(t, func(t *testing.T, w *world) {
			w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
				if got := w.begun(s.Delivery); got[len(got)-1] != string(s.Channel) {
					t.Errorf("%s leaves, and begun are %q", s.Channel, got)
				}
				if s.Channel == rcs {
					return dispatch.Outcome{Answer: dispatch.Rejected}
				}
				return dispatch.Outcome{Answer: answer, Ref: ref(s.Copy)}
			}
			w.send(plan(dispatch.ClassService))
			if got := w.status("dlv_0000").Out; !slices.Equal(got, out) {
				t.Errorf("%s: may have arrived on %q, not %q", answer, got, out)
			}
			if got := w.begun("dlv_0000"); !slices.Equal(got, []string{"rcs", "sms"}) {
				t.Errorf("%s: begun on %q", answer, got)
			}
		})
	}
}

// TestNotBegun: what the listener does not take is not handed over, before it does.
func TestNotBegun(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 1)
		w.listener.fails = func() error { return errors.New("full") }
		if err := w.Drain(t.Context()); err == nil {
			t.Error("taken")
		}
		w.want(dispatch.StateQueued)
		w.listener.fails = nil
		w.later(lease)
		w.want(dispatch.StateSubmitted, "1 rcs")
	})
}

// TestListenerRefuses: what the listener does not take did not happen, and happens later.
func TestListenerRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(plan(dispatch.ClassService))
		w.listener.fails = func() error { return errors.New("full") }
		err := w.Report(t.Context(), rcs, []dispatch.Report{{Ref: ref(w.net.copies[0].Copy), Fate: dispatch.FateDelivered}})
		if err == nil {
			t.Error("taken")
		}
		w.want(dispatch.StateSubmitted, "1 rcs")
		w.listener.fails = nil
		w.report(1, dispatch.FateDelivered)
		w.want(dispatch.StateDelivered, "1 rcs")
		if told := w.told("dlv_0000"); len(told) != 2 {
			t.Errorf("told %q", told)
		}
	})
}

// TestNothingIsQueuedInATransactionThatEndsBadly.
func TestNothingIsQueuedInATransactionThatEndsBadly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		no := errors.New("no")
		err := w.tx(func(tx *sqldb.Tx) error {
			return errors.Join(w.Accept(t.Context(), tx, plan(dispatch.ClassService), targets(3)), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		w.drain()
		if counts, err := w.Counts(t.Context(), "msg_1"); err != nil || len(counts) != 0 || len(w.net.copies) != 0 {
			t.Errorf("%v, %v", counts, err)
		}
	})
}

// TestPatience: a bearer is told how long its copy may go undelivered; the last step has until the end.
func TestPatience(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = answering(rcs, dispatch.Rejected)
		w.send(plan(c))
		w.want(dispatch.StateSubmitted, "1 rcs", "2 sms")
		for i, want := range []time.Duration{time.Minute, 0} {
			if got := w.net.copies[i].Patience; got != want {
				t.Errorf("copy %d: %v", i+1, got)
			}
		}
	})
}
