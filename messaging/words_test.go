package messaging_test

import (
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
)

// TestSMSText: a text message says the sender's own words where there are any, and only a text message.
func TestSMSText(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.SMSText = "请打开应用"
		w.send(t, r)
		w.bearer.rcs = false
		w.send(t, r)
		rich, text := w.bearer.sent[0], w.bearer.sent[1]
		if strings.Contains(string(rich.Payload), r.SMSText) {
			t.Errorf("a rich message: %s", rich.Payload)
		}
		if got := string(text.Payload); text.Channel != "sms" || got != "【山茶小店】请打开应用" {
			t.Errorf("by %s: %s", text.Channel, got)
		}
		r.SMSText = "隐\u202e藏"
		if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != messaging.ReasonContent {
			t.Errorf("words that turn: %v", err)
		}
	})
}

// TestLife: a request whose end is told in time from now is the same when it comes again later.
func TestLife(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.Key, r.Life, r.Steps = "k", time.Minute, []messaging.Step{{Channel: gsma.RCS}}
		sent := w.send(t, r)
		if got := sent.Expires.Sub(w.now()); got != time.Minute {
			t.Errorf("expires in %v", got)
		}
		w.pass(time.Second)
		if again := w.send(t, r); !again.Repeated || !again.Expires.Equal(sent.Expires) {
			t.Errorf("again: %+v", again)
		}
		for _, change := range []func(*messaging.SendReq){
			func(r *messaging.SendReq) { r.Life = -1 },
			func(r *messaging.SendReq) { r.Life = 31 * 24 * time.Hour },
			func(r *messaging.SendReq) { r.Expires = w.now().Add(time.Hour) },
		} {
			wrong := r
			wrong.Key = ""
			change(&wrong)
			if _, err := w.Send(t.Context(), wrong); simtrust.ReasonOf(err) != messaging.ReasonExpiry {
				t.Errorf("life %v, expires %v: %v", wrong.Life, wrong.Expires, err)
			}
		}
	})
}
