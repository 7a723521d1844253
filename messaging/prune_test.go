package messaging_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
)

// TestConversationsGoWithTheirTenure: a while after it ended, not before, and no other's.
func TestConversationsGoWithTheirTenure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const conversations = 5
		var first, other string
		for i := range conversations {
			m := says("smpp:"+number(i), i, "sms", "hello")
			w.receive(t, m)
		}
		w.bearer.rcs = false
		w.send(t, request(0, 1, 2, 3, 4))
		first, other = w.replies()[1].Conversation, w.replies()[2].Conversation
		for i := range conversations {
			if i != 2 {
				for range 2 {
					if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: tenureOf(parse(number(i)))}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		reasonAfter := func(d time.Duration) string {
			w.pass(d)
			if err := w.Prune(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := request()
			r.To = []string{first, other}
			sent := w.send(t, r)
			if sent.Recipients[1].Reason != "" {
				t.Errorf("a conversation that goes on: %q", sent.Recipients[1].Reason)
			}
			return sent.Recipients[0].Reason
		}
		if got := reasonAfter(59 * 24 * time.Hour); got != "" {
			t.Errorf("while reports may come: %q", got)
		}
		if got := reasonAfter(2 * 24 * time.Hour); got != messaging.ReasonConversation {
			t.Errorf("later: %q", got)
		}
		var left int
		if err := w.DB.QueryRow(t.Context(), `select count(*) from messaging_begun`).Scan(&left); err != nil || left != 1 {
			t.Errorf("%d conversations are left of what was begun, %v", left, err)
		}
	})
}
