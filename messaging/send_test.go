package messaging_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// TestSend: everybody who may be written to gets one delivery, the others a reason, in the order of the request.
func TestSend(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people.errs["ten_002"] = refusal(simtrust.KindConflict, "recipient_changed")
		w.people.errs["ten_003"] = refusal(simtrust.KindDenied, "no_opt_in")
		sent := w.send(t, request(1, 2, 3, 1, 4))
		if got := reasons(sent); !slices.Equal(got, []string{"", "recipient_changed", "no_opt_in", messaging.ReasonDuplicate, ""}) {
			t.Errorf("%q", got)
		}
		if len(w.bearer.sent) != 2 {
			t.Fatalf("%d copies went out", len(w.bearer.sent))
		}
		w.report(t, sent.Recipients[0].Delivery, dispatch.FateDelivered)
		st, err := w.Status(t.Context(), "shop", sent.Message)
		if err != nil || st.Total != 5 || st.Refused != 3 || st.States[dispatch.StateDelivered] != 1 || st.States[dispatch.StateSubmitted] != 1 {
			t.Errorf("%+v, %v", st, err)
		}
		list, next, err := w.Deliveries(t.Context(), "shop", sent.Message, 0, 3)
		if err != nil || next != 3 || len(list) != 1 || list[0].Place != 0 || list[0].State != dispatch.StateDelivered {
			t.Errorf("%+v, %d, %v", list, next, err)
		}
		if list, next, err = w.Deliveries(t.Context(), "shop", sent.Message, 3, 3); err != nil || next != 0 || len(list) != 1 || list[0].Place != 4 {
			t.Errorf("%+v, %d, %v", list, next, err)
		}
		if got := w.log.types(); !slices.Equal(got, []string{"message.submitted", "message.submitted", "message.delivered"}) {
			t.Errorf("%q", got)
		}
	})
}

func reasons(s messaging.Sent) (out []string) {
	for _, r := range s.Recipients {
		out = append(out, r.Reason)
		if (r.Delivery == "") == (r.Reason == "") {
			out = append(out, "both or neither")
		}
	}
	return out
}

// TestRefusedRequests: what is not accepted leaves nothing behind.
func TestRefusedRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.senders.dead["bot_bank"] = refusal(simtrust.KindDenied, sender.ReasonSuspended)
		w.people.errs["ten_009"] = refusal(simtrust.KindDenied, "no_opt_in")
		for name, c := range map[string]struct {
			change func(*messaging.SendReq)
			reason string
		}{
			"nobody":               {func(r *messaging.SendReq) { r.To = nil }, messaging.ReasonRecipients},
			"too many":             {func(r *messaging.SendReq) { r.To = slices.Repeat([]string{number(1)}, 10001) }, messaging.ReasonRecipients},
			"no number":            {func(r *messaging.SendReq) { r.To = []string{"13800000001"} }, simtrust.ReasonInvalidNumber},
			"another's chatbot":    {func(r *messaging.SendReq) { r.Client = "bank" }, sender.ReasonNotYours},
			"a suspended chatbot":  {func(r *messaging.SendReq) { r.Client, r.Chatbot = "bank", bank }, sender.ReasonSuspended},
			"no content":           {func(r *messaging.SendReq) { r.Content = gsma.Content{} }, messaging.ReasonContent},
			"no class":             {func(r *messaging.SendReq) { r.Class = "" }, messaging.ReasonContent},
			"an unknown class":     {func(r *messaging.SendReq) { r.Class = "urgent" }, dispatch.ReasonPlan},
			"over a limit":         {func(r *messaging.SendReq) { r.Content.Suggestions[0] = gsma.NewReply(strings.Repeat("长", 26), "x") }, messaging.ReasonLimit},
			"a turning character":  {func(r *messaging.SendReq) { r.Content.Suggestions[0] = gsma.NewReply("\u202efoo", "x") }, messaging.ReasonContent},
			"an unknown channel":   {func(r *messaging.SendReq) { r.Steps = []messaging.Step{{Channel: "fax"}} }, messaging.ReasonChannels},
			"one channel twice":    {func(r *messaging.SendReq) { r.Steps = []messaging.Step{{Channel: gsma.RCS}, {Channel: gsma.RCS}} }, messaging.ReasonChannels},
			"an unknown condition": {func(r *messaging.SendReq) { r.Steps = []messaging.Step{{Channel: gsma.RCS, When: "never"}} }, dispatch.ReasonPlan},
			"nobody to write to": {func(r *messaging.SendReq) {
				r.To, r.Steps = []string{number(9)}, []messaging.Step{{Channel: gsma.RCS, After: -time.Second}}
			}, dispatch.ReasonPlan},
			"expired":              {func(r *messaging.SendReq) { r.Expires = w.now() }, messaging.ReasonExpiry},
			"far off":              {func(r *messaging.SendReq) { r.Expires = w.now().Add(31 * 24 * time.Hour) }, messaging.ReasonExpiry},
			"a key with a blank":   {func(r *messaging.SendReq) { r.Key = "opt-in ten_1 0" }, messaging.ReasonKey},
			"a long key":           {func(r *messaging.SendReq) { r.Key = strings.Repeat("k", 129) }, messaging.ReasonKey},
			"a negative hold-back": {func(r *messaging.SendReq) { r.HoldBack = -1 }, messaging.ReasonHoldBack},
			"an unknown language":  {func(r *messaging.SendReq) { r.Language = "tlh" }, messaging.ReasonLanguage},
			"another's template":   {func(r *messaging.SendReq) { r.Template = "tpl_other" }, sender.ReasonUnknownText},
			"template and content": {func(r *messaging.SendReq) { r.Template, r.Values = "tpl_code", []string{"1"} }, messaging.ReasonContent},
			"values alone":         {func(r *messaging.SendReq) { r.Values = []string{"1"} }, messaging.ReasonContent},
			"no more quota":        {func(r *messaging.SendReq) { w.senders.left = 0 }, sender.ReasonOverDay},
		} {
			w.senders.left = 100
			r := request(1)
			c.change(&r)
			if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.people.away = true
		if _, err := w.Send(t.Context(), request(1)); !errors.Is(err, errAway) {
			t.Errorf("who may be written to is not known: %v", err)
		}
		w.people.away = false
		w.drain(t)
		if len(w.bearer.sent)+len(w.log.list) > 0 {
			t.Errorf("%+v", w.bearer.sent)
		}
	})
}

// TestTextNeedsLeave: text messages are for chatbots that may send them.
func TestTextNeedsLeave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.Client, r.Chatbot, r.Steps = "bank", bank, []messaging.Step{{Channel: gsma.RCS}, {Channel: gsma.SMS}}
		if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != messaging.ReasonChannels {
			t.Error(err)
		}
	})
}

// TestLimitNamesChannel: the error says on which channel which limit is in the way.
func TestLimitNamesChannel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.Content = gsma.Content{Text: strings.Repeat("字", 3500)}
		r.Steps = []messaging.Step{{Channel: gsma.RCS}, {Channel: gsma.SMS}}
		_, err := w.Send(t.Context(), r)
		if err == nil || !strings.Contains(err.Error(), "channel ") {
			t.Errorf("%v", err)
		}
	})
}

// TestKey: the same key with the same request is one message, whatever races; with another request it is a conflict.
func TestKey(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1, 2)
		r.Key = "order-7"
		var mu sync.Mutex
		ids := map[string]int{}
		fresh := 0
		var senders sync.WaitGroup
		for range 16 {
			senders.Go(func() {
				sent, err := w.Send(t.Context(), r)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				ids[sent.Message+sent.Recipients[1].Delivery]++
				if !sent.Repeated {
					fresh++
				}
			})
		}
		senders.Wait()
		w.drain(t)
		if len(ids) != 1 || fresh != 1 || len(w.bearer.sent) != 2 {
			t.Errorf("%v, %d new, %d copies", ids, fresh, len(w.bearer.sent))
		}
		other := r
		other.To = []string{number(3)}
		if _, err := w.Send(t.Context(), other); simtrust.ReasonOf(err) != messaging.ReasonKeyUsed {
			t.Errorf("another request under the key: %v", err)
		}
		r.Client, r.Chatbot = "bank", bank
		if sent, err := w.Send(t.Context(), r); err != nil || sent.Repeated {
			t.Errorf("another chatbot's key: %v", err)
		}
	})
}

// TestRepetition: a request with a key is answered as before, in every member.
func TestRepetition(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for key, expires := range map[string]time.Time{"usual": {}, "fine": w.now().Add(time.Hour + 1234567).In(time.FixedZone("", 8*60*60))} {
			r := request(1, 2)
			r.Key, r.Expires = key, expires
			first := w.send(t, r)
			again := w.send(t, r)
			again.Repeated = false
			if !reflect.DeepEqual(first, again) {
				t.Errorf("%+v, then %+v", first, again)
			}
		}
	})
}

// TestPlaceOfNoNumber: of many recipients the one that is wrong is named by its place, and not repeated.
func TestPlaceOfNoNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1, 2)
		r.To = append(r.To, "13800000001")
		_, err := w.Send(t.Context(), r)
		if simtrust.ReasonOf(err) != simtrust.ReasonInvalidNumber || !strings.Contains(err.Error(), "/to/2:") || strings.Contains(err.Error(), r.To[2]) {
			t.Error(err)
		}
	})
}

// TestKeyAfterRefusal: a key under which a request was refused is free.
func TestKeyAfterRefusal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.Key = "order-8"
		w.senders.left = 0
		if _, err := w.Send(t.Context(), r); simtrust.KindOf(err) != simtrust.KindLimited {
			t.Fatal(err)
		}
		w.senders.left = 1
		if sent := w.send(t, r); sent.Repeated || len(w.bearer.sent) != 1 {
			t.Errorf("%+v", sent)
		}
	})
}

// TestQuotaOfTheRefused: recipients that get nothing cost as much as the others; asking about people by sending to them is not free.
func TestQuotaOfTheRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people.errs["ten_001"] = refusal(simtrust.KindDenied, "no_opt_in")
		w.senders.left = 3
		for _, to := range [][]int{{1}, {1, 2}} {
			if _, err := w.Send(t.Context(), request(to...)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Send(t.Context(), request(1)); simtrust.KindOf(err) != simtrust.KindLimited {
			t.Errorf("a fourth: %v", err)
		}
	})
}

// TestTemplate: an approved text has its class, and may have suggestions.
func TestTemplate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1)
		r.Class, r.Content.Text, r.Template, r.Values = "", "", "tpl_code", []string{"470711"}
		sent := w.send(t, r)
		if left := sent.Expires.Sub(w.now()); left != 5*time.Minute {
			t.Errorf("a one-time code is good for %s", left)
		}
		if s := w.bearer.sent[0]; s.Class != dispatch.ClassAuthentication || !strings.Contains(string(s.Payload), "验证码 470711") {
			t.Errorf("%+v", s)
		}
		r.Class = dispatch.ClassPromotion
		if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != messaging.ReasonContent {
			t.Errorf("another class than the template's: %v", err)
		}
	})
}

// TestDegrade: without RCS the same message arrives as signed text with numbers to answer by.
func TestDegrade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		w.send(t, request(1))
		s := w.bearer.sent[0]
		if text := string(s.Payload); s.Channel != "sms" || !strings.HasPrefix(text, "【山茶小店】您好") || !strings.Contains(text, "1") {
			t.Errorf("%s: %s", s.Channel, text)
		}
	})
}

// TestRevoke: what is asked back ends as revoked, by its own client only.
func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(1, 2))
		if _, err := w.Revoke(t.Context(), "bank", sent.Message, nil); simtrust.ReasonOf(err) != messaging.ReasonMessage {
			t.Errorf("another client: %v", err)
		}
		for _, no := range []func() error{
			func() error { _, err := w.Status(t.Context(), "bank", sent.Message); return err },
			func() error { _, _, err := w.Deliveries(t.Context(), "bank", sent.Message, 0, 0); return err },
			func() error { _, err := w.Status(t.Context(), "shop", "msg_none"); return err },
		} {
			if simtrust.ReasonOf(no()) != messaging.ReasonMessage {
				t.Error(no())
			}
		}
		if open, err := w.Revoke(t.Context(), "shop", sent.Message, []string{sent.Recipients[1].Delivery}); err != nil || open != 1 {
			t.Fatalf("%d, %v", open, err)
		}
		w.drain(t)
		st, err := w.Status(t.Context(), "shop", sent.Message)
		if err != nil || st.States[dispatch.StateRevoked] != 1 || st.States[dispatch.StateSubmitted] != 1 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// TestChangedBetween: a recipient that changed after the message was accepted gets nothing.
func TestChangedBetween(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.Send(t.Context(), request(1)); err != nil {
			t.Fatal(err)
		}
		w.people.errs["ten_001"] = refusal(simtrust.KindConflict, "recipient_changed")
		w.drain(t)
		if len(w.bearer.sent) != 0 || !slices.Equal(w.log.types(), []string{"message.refused"}) {
			t.Errorf("%d copies, %q", len(w.bearer.sent), w.log.types())
		}
	})
}

// TestLateAlone: messages that expire while they are accepted are refused, and no other with them.
func TestLateAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const requests = 64
		var asked, senders sync.WaitGroup
		asked.Add(requests)
		w.people.asked = asked.Done
		w.senders.taking = func() { asked.Wait(); w.pass(10 * time.Millisecond) }
		for i := range requests {
			senders.Go(func() {
				r := request(i)
				late := i%2 == 0
				if late {
					r.Expires = w.now().Add(5 * time.Millisecond)
				}
				_, err := w.Send(t.Context(), r)
				if late != (simtrust.KindOf(err) == simtrust.KindInvalid) || !late && err != nil {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		senders.Wait()
	})
}
