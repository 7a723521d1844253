package messaging_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
)

var errSuspended = refusal(simtrust.KindDenied, sender.ReasonSuspended)

// ends wants a delivery to stand so, and returns the channels on which copies went out.
func (w *world) ends(t *testing.T, sent messaging.Sent, state dispatch.State, reason string) (channels []dispatch.Channel) {
	t.Helper()
	list, err := w.dispatch.Status(t.Context(), sent.Recipients[0].Delivery)
	if err != nil || len(list) != 1 || list[0].State != state || list[0].Reason != reason {
		t.Errorf("%+v, %v", list, err)
	}
	for _, s := range w.bearer.sent {
		channels = append(channels, s.Channel)
	}
	return channels
}

// TestQueueOfADeadSender: what a chatbot had queued when it stopped being live does not go out as text.
func TestQueueOfADeadSender(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		for _, why := range []error{errSuspended, refusal(simtrust.KindDenied, sender.ReasonCertRevoked), refusal(simtrust.KindNotFound, sender.ReasonUnknownBot)} {
			delete(w.senders.dead, shop)
			sent, err := w.Send(t.Context(), request(1))
			if err != nil {
				t.Fatal(err)
			}
			w.senders.dead[shop] = why
			w.drain(t)
			if channels := w.ends(t, sent, dispatch.StateRefused, simtrust.ReasonOf(why)); len(channels) > 0 {
				t.Errorf("%v: copies on %q", why, channels)
			}
		}
	})
}

// TestDeadSenderDoesNotFallBack: a rich copy that is refused because its sender was suspended meanwhile is not followed by text.
func TestDeadSenderDoesNotFallBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.submit = func(dispatch.Submission) dispatch.Outcome {
			w.senders.dead[shop] = errSuspended
			return dispatch.Outcome{Answer: dispatch.Rejected, Reason: sender.ReasonSuspended}
		}
		sent := w.send(t, request(1))
		if channels := w.ends(t, sent, dispatch.StateRefused, sender.ReasonSuspended); len(channels) != 1 || channels[0] != "rcs" {
			t.Errorf("copies on %q", channels)
		}
	})
}

// TestNoticeOutlivesItsSender: what the platform tells a person about a sender goes out though that one was stopped meanwhile, and no sender
// can have its own messages go that way.
func TestNoticeOutlivesItsSender(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		if err := w.Renewed(t.Context(), optin.Renewed{Chatbot: shop, Tenure: "ten_001", At: w.now()}); err != nil {
			t.Fatal(err)
		}
		w.senders.dead[shop] = errSuspended
		if w.drain(t); len(w.bearer.sent) != 1 || w.bearer.sent[0].Channel != "sms" {
			t.Errorf("%+v", w.bearer.sent)
		}
		delete(w.senders.dead, shop)
		r := request(1)
		r.Class = dispatch.ClassNotice
		if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != dispatch.ReasonPlan {
			t.Errorf("a sender's notice: %v", err)
		}
	})
}

// TestSenderNotKnownNow: where nobody can say whether a chatbot is live its messages wait.
func TestSenderNotKnownNow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent, err := w.Send(t.Context(), request(1))
		if err != nil {
			t.Fatal(err)
		}
		w.senders.dead[shop] = errAway
		w.drain(t)
		if channels := w.ends(t, sent, dispatch.StateQueued, ""); len(channels) > 0 {
			t.Errorf("copies on %q", channels)
		}
		delete(w.senders.dead, shop)
		w.pass(time.Hour)
		w.drain(t)
		if channels := w.ends(t, sent, dispatch.StateSubmitted, ""); len(channels) != 1 {
			t.Errorf("copies on %q", channels)
		}
	})
}
