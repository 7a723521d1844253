package smsc_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/parts"
	"simtrust/messaging/smsc"
)

// TestSubmit: what goes out, and what the first receipt means.
func TestSubmit(t *testing.T) {
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		if o := w.sends(text("dlv_1", "【示例银行】您好")); o != (dispatch.Outcome{Answer: dispatch.Accepted, Ref: "dlv_1.1"}) {
			t.Fatalf("%+v", o)
		}
		m := w.centre.messages()[0]
		if words, err := m.Text(); words != "【示例银行】您好" || err != nil || m.Coding != smpp.CodingUCS2 {
			t.Errorf("%q %v %v", words, err, m.Coding)
		}
		if m.Source.Value != base+"1000" || m.Destination.Value != person || m.Destination.Type != 1 || m.Registered != smpp.RegisteredFinal || m.Validity != "000000010000000R" {
			t.Errorf("%s to %s, %d, %s", m.Source.Value, m.Destination.Value, m.Registered, m.Validity)
		}
		if err := w.receipt("A001", smpp.StateDelivered, false); err != nil {
			t.Fatal(err)
		}
		if got := w.ledger.told(); len(got) != 1 || got[0].ID != "dlv_1.1" || got[0].Fate != dispatch.FateDelivered || got[0].Reason != "013" {
			t.Errorf("%+v", got)
		}
	})
}

// TestCardService: only texts on the channel of card messages have its service_type.
func TestCardService(t *testing.T) {
	each(t, smsc.Config{CardService: "CARD"}, func(t *testing.T, w *world) {
		card := text("dlv_2", "消费提醒\n详情 https://m.example/a")
		card.Channel = smsc.Card
		w.sends(text("dlv_1", "您好"))
		w.sends(card)
		if list := w.centre.messages(); len(list) != 2 || list[0].ServiceType != "" || list[1].ServiceType != "CARD" {
			t.Errorf("%d messages", len(list))
		}
	})
}

// TestAnswers: what each refusal of the service centre means.
func TestAnswers(t *testing.T) {
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		for status, want := range map[smpp.Status]dispatch.Outcome{
			smpp.StatusThrottled:                {Answer: dispatch.Throttled},
			smpp.StatusQueueFull:                {Answer: dispatch.Throttled},
			smpp.StatusSystemError:              {Answer: dispatch.Throttled},
			smpp.StatusReceiverTemporaryFailure: {Answer: dispatch.Throttled},
			smpp.StatusInvalidDestination:       {Answer: dispatch.Rejected, Reason: "ESME_RINVDSTADR"},
			smpp.StatusSubmitFailed:             {Answer: dispatch.Rejected, Reason: "ESME_RSUBMITFAIL"},
			smpp.Status(0x412):                  {Answer: dispatch.Rejected, Reason: smpp.Status(0x412).String()},
		} {
			w.centre.submit = func(int, *smpp.Message) (string, error) { return "", status }
			if o := w.sends(text("dlv_1", "hello")); o != want {
				t.Errorf("%s: %+v", status, o)
			}
		}
		w.centre.submit = nil
		sent := len(w.centre.messages())
		for name, s := range map[string]dispatch.Submission{
			"not UTF-8":   text("dlv_1", "\xff"),
			"a file":      func() dispatch.Submission { s := text("dlv_1", "<file/>"); s.ContentType = "application/xml"; return s }(),
			"no type":     func() dispatch.Submission { s := text("dlv_1", "hello"); s.ContentType = ""; return s }(),
			"a long book": text("dlv_1", strings.Repeat("书", 70*256)),
		} {
			if o := w.sends(s); o.Answer != dispatch.Rejected || o.Reason != parts.ReasonText {
				t.Errorf("%s: %+v", name, o)
			}
		}
		if n := len(w.centre.messages()); n != sent {
			t.Errorf("%d went out", n-sent)
		}
		if n := w.count(`select count(*) from messaging_smsc_segment`); n != 0 {
			t.Errorf("%d ids of what was not taken", n)
		}
	})
}

// TestLost: where no answer came nobody knows, and nobody claims to know later.
func TestLost(t *testing.T) {
	t.Run("the session breaks", func(t *testing.T) {
		each(t, smsc.Config{}, func(t *testing.T, w *world) {
			w.centre.drop = func(int) bool { return true }
			w.loses(func() {})
		})
	})
	t.Run("no answer in time", func(t *testing.T) {
		each(t, smsc.Config{Answer: 300 * time.Millisecond}, func(t *testing.T, w *world) {
			hold := make(chan struct{})
			w.centre.submit = func(int, *smpp.Message) (string, error) { <-hold; return "1", nil }
			w.loses(func() { close(hold) })
		})
	})
}

// loses sends a text whose answer is lost, and asks about it after the mend.
func (w *world) loses(mend func()) {
	w.t.Helper()
	if o := w.sends(text("dlv_1", "hello")); o.Answer != dispatch.Lost {
		w.t.Errorf("%+v", o)
	}
	w.until("it is at the centre", func() bool { return len(w.centre.messages()) > 0 })
	mend()
	w.bound()
	copies := []dispatch.Copy{{Delivery: "dlv_1", Attempt: 1}}
	if f := w.Query(w.t.Context(), copies)[0].Fate; f != "" && f != dispatch.FateUnknown {
		w.t.Errorf("its fate is known: %s", f)
	}
	if r := w.Cancel(w.t.Context(), copies)[0]; r != "" && r != dispatch.RecallUnknown {
		w.t.Errorf("it is known to be taken back: %s", r)
	}
	if n := len(w.centre.messages()); n != 1 {
		w.t.Errorf("%d submissions: it was repeated", n)
	}
}

// TestAway: nothing is begun that cannot be finished.
func TestAway(t *testing.T) {
	each(t, smsc.Config{Answer: time.Hour}, func(t *testing.T, w *world) {
		if o := w.sends(text("dlv_1", "hello")); o.Answer != dispatch.Throttled {
			t.Errorf("there was no time for an answer: %+v", o)
		}
		if n := len(w.centre.messages()); n != 0 {
			t.Errorf("%d were sent", n)
		}
		b := smsc.New(smsc.Deps{DB: w.db}, smsc.Config{Source: base})
		defer b.Close()
		if o := b.Submit(t.Context(), []dispatch.Submission{text("dlv_1", "hello")}); o[0].Answer != dispatch.Throttled {
			t.Errorf("there was no session: %+v", o)
		}
	})
}

// TestSegments: a long text is one copy, which is where all of it is.
func TestSegments(t *testing.T) {
	long := strings.Repeat("长", 150) // three segments
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		for i := range 3 {
			if o := w.sends(text(fmt.Sprintf("dlv_%d", i), long)); o.Answer != dispatch.Accepted {
				t.Fatalf("%+v", o)
			}
		}
		sent := w.centre.messages()
		if len(sent) != 9 {
			t.Fatalf("%d segments", len(sent))
		}
		first, _ := sent[0].Content()
		second, _ := sent[3].Content()
		if a, _, _ := first.Header.Concatenation(); a.Total != 3 || a.Number != 1 {
			t.Errorf("%+v", a)
		} else if b, _, _ := second.Header.Concatenation(); a.Reference == b.Reference {
			t.Error("two messages under one reference")
		}
		steps := []struct {
			id    string
			state smpp.State
			want  dispatch.Fate
		}{
			{"A001", smpp.StateDelivered, ""}, {"A002", smpp.StateDelivered, ""}, {"A002", smpp.StateDelivered, ""},
			{"A003", smpp.StateDelivered, dispatch.FateDelivered}, {"A001", smpp.StateDelivered, dispatch.FateDelivered},
			{"A004", smpp.StateDelivered, ""}, {"A005", smpp.StateExpired, dispatch.FateExpired}, {"A006", smpp.StateDelivered, dispatch.FateExpired},
			{"A005", smpp.StateDelivered, dispatch.FateDelivered}, {"A004", smpp.StateUndeliverable, dispatch.FateDelivered},
		}
		for _, s := range steps {
			before := len(w.ledger.told())
			if err := w.receipt(s.id, s.state, true); err != nil {
				t.Fatal(err)
			}
			got := w.ledger.told()[before:]
			if s.want == "" && len(got) > 0 || s.want != "" && (len(got) != 1 || got[0].Fate != s.want) {
				t.Errorf("after %s %s: %+v", s.id, s.state, got)
			}
		}
		var at sync.WaitGroup
		for _, id := range []string{"A007", "A008", "A009"} {
			at.Go(func() {
				if err := w.receipt(id, smpp.StateDelivered, true); err != nil {
					t.Error(err)
				}
			})
		}
		at.Wait()
		all := w.ledger.told()
		if last := all[len(all)-1]; last.ID != "dlv_2.1" || last.Fate != dispatch.FateDelivered {
			t.Errorf("three at once: %+v", last)
		}
	})
}

// TestBrokenSegments: of a copy that was refused in the middle nothing stays; one whose answer was lost in the middle may arrive.
func TestBrokenSegments(t *testing.T) {
	long := strings.Repeat("长", 150)
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		refuse := smpp.StatusThrottled
		w.centre.submit = func(n int, _ *smpp.Message) (string, error) {
			if n%3 == 0 {
				return "", refuse
			}
			return fmt.Sprint("id", n), nil
		}
		if o := w.sends(text("dlv_1", long)); o.Answer != dispatch.Throttled {
			t.Errorf("%+v", o)
		}
		refuse = smpp.StatusInvalidDestination
		if o := w.sends(text("dlv_2", long)); o.Answer != dispatch.Rejected {
			t.Errorf("%+v", o)
		}
		if n := len(w.centre.cancelled); n != 4 {
			t.Errorf("%d of 4 segments were called back", n)
		}
		w.centre.drop = func(n int) bool { return n == 8 }
		if o := w.sends(text("dlv_3", long)); o.Answer != dispatch.Lost {
			t.Errorf("%+v", o)
		}
		w.bound()
		w.centre.query = func(string) (smpp.State, error) { return smpp.StateDelivered, nil }
		copy := []dispatch.Copy{{Delivery: "dlv_3", Attempt: 1}}
		if f := w.Query(t.Context(), copy)[0].Fate; f != dispatch.FateUnknown {
			t.Errorf("one segment of three arrived: %s", f)
		}
		w.centre.query = func(string) (smpp.State, error) { return smpp.StateExpired, nil }
		if f := w.Query(t.Context(), copy)[0].Fate; f != dispatch.FateExpired {
			t.Errorf("one segment of three expired: %s", f)
		}
	})
}

// TestBrokenSegmentsStay: a copy that was refused in the middle, and of which a segment is not taken back, has left in part: nobody may
// think that it can be sent once more.
func TestBrokenSegmentsStay(t *testing.T) {
	long := strings.Repeat("长", 150)
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		w.centre.submit = func(n int, _ *smpp.Message) (string, error) {
			if n%3 == 0 {
				return "", smpp.StatusThrottled
			}
			return fmt.Sprint("id", n), nil
		}
		w.centre.cancel = func(id string) error { // the first segment was faster, the second is taken back
			if id == "id1" {
				return smpp.StatusCancelFailed
			}
			return nil
		}
		w.centre.query = func(string) (smpp.State, error) { return smpp.StateDelivered, nil }
		if o := w.sends(text("dlv_1", long)); o != (dispatch.Outcome{Answer: dispatch.Lost}) {
			t.Errorf("a segment arrived: %+v", o)
		}
		if n := len(w.centre.cancelled); n != 2 {
			t.Errorf("%d of 2 segments were called back", n)
		}
		w.centre.cancel = func(string) error { return smpp.StatusSystemError }
		if o := w.sends(text("dlv_2", long)); o != (dispatch.Outcome{Answer: dispatch.Lost}) {
			t.Errorf("nobody knows of its segments: %+v", o)
		}
		if f := w.Query(t.Context(), []dispatch.Copy{{Delivery: "dlv_2", Attempt: 1}})[0].Fate; f != dispatch.FateUnknown {
			t.Errorf("two segments of three arrived: %s", f)
		}
	})
}

// TestPanic: a mistake over one copy costs that copy's answer only.
func TestPanic(t *testing.T) {
	each(t, smsc.Config{}, func(t *testing.T, w *world) {
		at := w.clock
		w.clock = nil // asked for its time it panics
		if o := w.sends(text("dlv_1", "hello")); o != (dispatch.Outcome{}) {
			t.Errorf("%+v", o)
		}
		w.clock = at
		if o := w.sends(text("dlv_2", "hello")); o.Answer != dispatch.Accepted {
			t.Errorf("%+v", o)
		}
		if !strings.Contains(w.log.text(), "submit.go") {
			t.Errorf("the log does not say where: %s", w.log.text())
		}
	})
}

// TestWindow: many at once keep to the window and their places.
func TestWindow(t *testing.T) {
	each(t, smsc.Config{Window: 4}, func(t *testing.T, w *world) {
		list := make([]dispatch.Submission, 100)
		for i := range list {
			list[i] = text(fmt.Sprintf("dlv_%d", i), "hello")
		}
		for i, o := range w.Submit(t.Context(), list) {
			if o.Answer != dispatch.Accepted || o.Ref != list[i].ID() {
				t.Errorf("%d: %+v", i, o)
			}
		}
		if n := w.count(`select count(distinct copy) from messaging_smsc_segment`); n != 100 {
			t.Errorf("%d copies", n)
		}
	})
}
