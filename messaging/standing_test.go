package messaging_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"simtrust/messaging"
	"simtrust/messaging/sender"
)

// TestSenderChanged: a suspension and its end are told once each, however often they are handed over.
func TestSenderChanged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		stopped := sender.StateChanged{Chatbot: shop, State: sender.Suspended, Cause: "complaints", At: w.now()}
		back := sender.StateChanged{Chatbot: shop, State: sender.Verified, At: w.now().Add(time.Minute)}
		again := sender.StateChanged{Chatbot: shop, State: sender.Suspended, Cause: "complaints", At: w.now().Add(time.Hour)}
		for _, e := range []sender.StateChanged{stopped, stopped, back, stopped, back, again} {
			if err := w.SenderChanged(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		if want := []string{"sender.suspended", "sender.resumed", "sender.suspended"}; !slices.Equal(w.log.types(), want) {
			t.Errorf("%q", w.log.types())
		}
		if e := w.log.list[0]; e.Chatbot != shop || !e.At.Equal(stopped.At) || !reflect.DeepEqual(e.Data, messaging.StandingEvent{State: "suspended", Cause: "complaints"}) {
			t.Errorf("%+v", e)
		}
	})
}
