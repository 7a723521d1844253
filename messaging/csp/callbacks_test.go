package csp_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// TestCheck: a receiver is registered only if it answers the check with what it got and whose it is.
func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		set := func(url string) error {
			_, err := w.events.SetWebhook(t.Context(), "bot_shop", csp.Kind, url)
			return err
		}
		right := func(q *http.Request) map[string]string {
			return map[string]string{"echoStr": q.Header.Get("echoStr"), "appId": b.cred.AppID}
		}
		for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
			"another echo": func(rw http.ResponseWriter, q *http.Request) {
				a := right(q)
				a["echoStr"] += "x"
				_ = json.MarshalWrite(rw, a)
			},
			"no echo": func(rw http.ResponseWriter, q *http.Request) {
				a := right(q)
				a["echoStr"] = ""
				_ = json.MarshalWrite(rw, a)
			},
			"another appId": func(rw http.ResponseWriter, q *http.Request) {
				a := right(q)
				a["appId"] = "app_x"
				_ = json.MarshalWrite(rw, a)
			},
			"no appId": func(rw http.ResponseWriter, q *http.Request) {
				a := right(q)
				delete(a, "appId")
				_ = json.MarshalWrite(rw, a)
			},
			"nothing": func(http.ResponseWriter, *http.Request) {},
			"an error": func(rw http.ResponseWriter, q *http.Request) {
				rw.WriteHeader(500)
				_ = json.MarshalWrite(rw, right(q))
			},
			"elsewhere": func(rw http.ResponseWriter, q *http.Request) { http.Redirect(rw, q, "/other", http.StatusFound) },
		} {
			r := b.receiver()
			r.echo = answer
			if err := set(r.URL); simtrust.ReasonOf(err) != events.ReasonUnchecked {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.events.Webhook(t.Context(), "bot_shop", csp.Kind); simtrust.ReasonOf(err) != events.ReasonNoWebhook {
			t.Fatalf("registered: %v", err)
		}
		inHeader := b.receiver()
		inHeader.echo = func(rw http.ResponseWriter, q *http.Request) {
			rw.Header().Set("echoStr", q.Header.Get("echoStr"))
			rw.Header().Set("appId", b.cred.AppID)
		}
		if err := set(inHeader.URL); err != nil {
			t.Errorf("an answer in headers: %v", err)
		}
		onlyPost := b.receiver()
		onlyPost.echo = func(rw http.ResponseWriter, q *http.Request) {
			if q.Method != http.MethodPost {
				rw.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			_ = json.MarshalWrite(rw, right(q))
		}
		if err := set(onlyPost.URL); err != nil {
			t.Errorf("a receiver of POST: %v", err)
		}
	})
}

func TestCheckNeedsCredentials(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") }))
		defer s.Close()
		if _, err := w.events.SetWebhook(t.Context(), "bot_shop", csp.Kind, s.URL); simtrust.ReasonOf(err) != events.ReasonUnchecked {
			t.Error(err)
		}
	})
}

// TestStatuses: a chatbot is told the states that it asked for, of messages that it sent here, once each and with the person's number.
func TestStatusesTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		b.send(b.text("m1", 1))
		some := b.text("m2", 1)
		some.Reports = csp.OneOrMore[csp.Status]{csp.Displayed}
		b.send(some)
		none := b.text("m3", 1)
		none.Reports = nil
		b.send(none)
		if _, err := w.messages.Send(t.Context(), messaging.SendReq{Client: "shop", Chatbot: "bot_shop", To: []string{number(1)}, Class: dispatch.ClassService,
			Content: gsma.Content{Text: "x"}}); err != nil {
			t.Fatal(err)
		}
		w.drain()
		for i := range 4 {
			w.report(i, dispatch.FateDelivered, "")
			w.report(i, dispatch.FateDisplayed, "")
		}
		got := b.deliver(r)
		if want := []string{"m1 sent", "m1 delivered", "m1 displayed", "m2 displayed"}; !slices.Equal(statuses(t, got), want) {
			t.Errorf("told %v", statuses(t, got))
		}
		var n csp.StatusNotice
		if err := json.Unmarshal(got[0].body, &n); err != nil || got[0].path != "/notify/deliveryNotification/"+shop+"/status" {
			t.Fatalf("%s %v", got[0].path, err)
		}
		if d := n.Deliveries[0]; d.From != tel(1) || d.To[0] != shop || d.Time == "" || r.forged != 0 {
			t.Errorf("%+v, %d forged", d.To, r.forged)
		}
		if again := b.deliver(r); len(again) != 0 {
			t.Errorf("told again: %v", again)
		}
	})
}

// TestFailures have the codes of the interface; a text message in place of a rich one is delivered to the network.
func TestFailures(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		b.send(b.text("m1", 1))
		w.report(0, dispatch.FateFailed, "content_breach")
		b.send(b.text("m2", 1))
		w.report(1, dispatch.FateFailed, "0x17")
		b.send(b.text("m3", 1))
		w.report(2, dispatch.FateExpired, "")
		w.bearer.plain = true
		b.send(b.text("m4", 1))
		m := b.text("m5", 1)
		m.SMS, m.SMSText = true, "请打开应用"
		b.send(m)
		w.report(3, dispatch.FateDelivered, "")
		want := []string{"m1 sent", "m1 failed 3", "m2 sent", "m2 failed 20003", "m3 sent", "m3 failed 4", "m4 failed 2", "m5 deliveredToNetwork", "m5 delivered"}
		if got := statuses(t, b.deliver(r)); !slices.Equal(got, want) {
			t.Errorf("told %v", got)
		}
	})
}

// TestInDoubt: who asked for failures does not wait for ever for a message of which nobody can say whether it arrived; that it did counts however
// late.
func TestInDoubt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		stored := false
		for _, id := range []string{"m1", "m2"} {
			m := b.text(id, 1)
			m.Store = &stored
			if id == "m2" {
				m.Reports = csp.OneOrMore[csp.Status]{csp.Delivered}
			}
			b.send(m)
		}
		if got := statuses(t, b.deliver(r)); !slices.Equal(got, []string{"m1 sent"}) {
			t.Errorf("told %v", got)
		}
		for range 4 {
			w.pass(24 * time.Hour)
			w.drain()
		}
		if got := statuses(t, b.deliver(r)); !slices.Equal(got, []string{"m1 failed 81001"}) {
			t.Errorf("told %v", got)
		}
		w.report(0, dispatch.FateDelivered, "")
		w.report(1, dispatch.FateDelivered, "")
		if got := statuses(t, b.deliver(r)); !slices.Equal(got, []string{"m1 delivered", "m2 delivered"}) {
			t.Errorf("told %v", got)
		}
	})
}

// TestRecordLost: of a message whose record was lost with the server that took it everything is told, and what was asked for once it is sent again.
// None of it is passed over, however late it is sent again.
func TestRecordLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		m := b.text("m1", 1)
		m.Reports = csp.OneOrMore[csp.Status]{csp.Delivered, csp.Displayed}
		b.send(m)
		w.forget("m1")
		if got := b.deliver(r); len(got) != 0 {
			t.Errorf("told before the record can be there: %v", got)
		}
		w.pass(time.Minute)
		w.report(0, dispatch.FateDelivered, "")
		w.pass(time.Minute)
		if got := statuses(t, b.deliver(r)); !slices.Equal(got, []string{"m1 sent", "m1 delivered"}) {
			t.Errorf("told %v", got)
		}
		n, _ := simtrust.ParseNumber(number(1))
		if err := w.messages.Spam(t.Context(), n, w.bearer.sent[0].Delivery, "spam"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		var spam csp.Spam
		if got := b.deliver(r); len(got) != 1 || json.Unmarshal(got[0].body, &spam) != nil || !slices.Equal(spam.Messages, []string{"m1"}) {
			t.Errorf("a report of %+v", spam)
		}
		m.Reports = csp.OneOrMore[csp.Status]{csp.Delivered}
		b.send(m)
		w.report(0, dispatch.FateDisplayed, "")
		if got := b.deliver(r); len(got) != 0 || len(w.bearer.sent) != 1 {
			t.Errorf("told %v, sent %d times", got, len(w.bearer.sent))
		}
	})
}

// forget takes the record of a message away.
func (w *world) forget(id string) {
	w.t.Helper()
	if err := w.DB.InDefaultTx(w.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(w.t.Context(), `delete from messaging_csp_sent where message_id = $1`, id)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

// TestProfileApproved: when what a chatbot proposed is in force it is told that it changed; one without credentials is told nothing.
func TestProfileApproved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		for _, id := range []string{"bot_shop", "bot_bank"} {
			if err := w.ProfileApproved(t.Context(), sender.ProfileApproved{Chatbot: id, At: w.now()}); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.deliver(r); len(got) != 1 || got[0].path != "/notify/notifyInfoNotification/"+shop+"/notice/informationChange" || string(got[0].body) != "{}" {
			t.Errorf("told %v", got)
		}
		if n := w.logged(); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// TestGone: nothing is told of a person who has no number any more.
func TestGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		b.send(b.text("m1", 1))
		b.says(1, "rcs:1", "在吗")
		w.people.gone["ten_0001"] = true
		w.report(0, dispatch.FateDelivered, "")
		if got := b.deliver(r); len(got) != 0 {
			t.Errorf("told %v", got)
		}
	})
}

// says has a person write to the chatbot.
func (b *bot) says(from int, id, text string) {
	b.t.Helper()
	n, err := simtrust.ParseNumber(number(from))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.messages.Received(b.t.Context(), messaging.Inbound{ID: id, From: n, To: b.id, Channel: gsma.RCS, Part: gsma.Part{ContentType: "text/plain", Data: []byte(text)}}); err != nil {
		b.t.Fatal(err)
	}
}

// TestInbound: what persons send arrives in the published form, and what answers a message in its conversation.
func TestInbound(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		b.says(1, "rcs:1", "明天北京到上海")
		b.send(b.text("m1", 1))
		part, err := gsma.EncodeResponse(gsma.NewReply("好", "yes").Response())
		if err != nil {
			t.Fatal(err)
		}
		n, _ := simtrust.ParseNumber(number(1))
		if err := w.messages.Received(t.Context(), messaging.Inbound{ID: "rcs:2", From: n, To: shop, Channel: gsma.RCS, InReplyTo: w.bearer.sent[0].Delivery, Part: part}); err != nil {
			t.Fatal(err)
		}
		var in []csp.Inbound
		for _, c := range b.deliver(r) {
			if c.path == "/notify/messageNotification/"+shop+"/messages" {
				var m csp.Inbound
				if err := json.Unmarshal(c.body, &m); err != nil {
					t.Fatal(err)
				}
				in = append(in, m)
			}
		}
		if len(in) != 2 {
			t.Fatalf("%d came", len(in))
		}
		free, answer := in[0], in[1]
		if string(free.Bodies[0].Text) != `"明天北京到上海"` || free.From != tel(1) || free.To[0] != shop || free.InReplyTo != "" || !strings.HasPrefix(free.Conversation, "cnv_") {
			t.Errorf("a text: %s in %s", free.Bodies[0].Text, free.Conversation)
		}
		if answer.Conversation != "talk-m1" || answer.InReplyTo != "part-m1" || answer.ID == free.ID {
			t.Errorf("an answer in %s to %s", answer.Conversation, answer.InReplyTo)
		}
		if got, err := csp.Read(answer.Bodies); err != nil || got.Response.Postback() != "yes" {
			t.Errorf("an answer: %v", err)
		}
	})
}

// TestRevoke: asking back is answered at once, and told when it is known.
func TestRevoke(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		for _, id := range []string{"m1", "m2", "m3"} {
			m := b.text(id, 1)
			m.Reports = nil
			b.send(m)
		}
		w.report(1, dispatch.FateDelivered, "") // m2 is too late
		for _, id := range []string{"m1", "m2", "m2"} {
			if code := b.post("revoke", csp.Revocation{ID: id, Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(1)}}); code != csp.CodeOK {
				t.Errorf("%s: %d", id, code)
			}
		}
		w.drain()
		w.bearer.tooLate = true
		if code := b.post("revoke", csp.Revocation{ID: "m3", Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(1)}}); code != csp.CodeOK {
			t.Errorf("m3: %d", code)
		}
		w.drain()
		w.report(2, dispatch.FateDelivered, "")
		w.report(2, dispatch.FateDisplayed, "")
		got := statuses(t, b.deliver(r))
		slices.Sort(got)
		if want := []string{"m1 revokeOk", "m2 revokeFail", "m3 revokeFail"}; !slices.Equal(got, want) {
			t.Errorf("told %v", got)
		}
		for name, c := range map[string]struct {
			r    csp.Revocation
			code csp.Code
		}{
			"another's message": {csp.Revocation{ID: "m9", Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(1)}}, csp.CodeParameter},
			"another status":    {csp.Revocation{ID: "m1", Status: "Revoked", To: csp.OneOrMore[string]{tel(1)}}, csp.CodeParameter},
			"nobody":            {csp.Revocation{ID: "m1", Status: csp.RevokeRequested}, csp.CodeParameter},
			"no number":         {csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: csp.OneOrMore[string]{"tel:1"}}, csp.CodeParameter},
			"too many":          {csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: slices.Repeat(csp.OneOrMore[string]{tel(1)}, 10_001)}, csp.CodeParameter},
			"a stranger":        {csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(7)}}, csp.CodeOK},
		} {
			if code := b.post("revoke", c.r); code != c.code {
				t.Errorf("%s: %d", name, code)
			}
		}
		other := w.bot("bot_bank")
		if code := other.post("revoke", csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: csp.OneOrMore[string]{tel(1)}}); code != csp.CodeParameter {
			t.Errorf("by another chatbot: %d", code)
		}
	})
}

// TestAway: a receiver that takes nothing gets all of it later, in order.
func TestAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		b.send(b.text("m1", 1))
		b.says(1, "rcs:1", "在吗")
		r.status = http.StatusServiceUnavailable
		if got := b.deliver(r); len(got) != 0 {
			t.Errorf("took %v", got)
		}
		r.status = http.StatusOK
		w.pass(time.Minute)
		got := b.deliver(r)
		if len(got) != 2 || !strings.HasSuffix(got[0].path, "/status") || !strings.HasSuffix(got[1].path, "/messages") {
			t.Errorf("%v", got)
		}
		if _, err := w.Issue(t.Context(), "bot_shop", "test"); err != nil {
			t.Fatal(err)
		}
		b.says(1, "rcs:2", "还在吗")
		if got := b.deliver(r); len(got) != 0 || r.forged == 0 {
			t.Errorf("signed with a token that ended: %v", got)
		}
	})
}

// TestSpam: a report names the message by the chatbot's own id.
func TestSpam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		r := b.receiver()
		b.hook(r)
		m := b.text("m1", 1)
		m.Reports = nil
		b.send(m)
		w.report(0, dispatch.FateDelivered, "")
		n, _ := simtrust.ParseNumber(number(1))
		if err := w.messages.Spam(t.Context(), n, w.bearer.sent[0].Delivery, strings.Repeat("垃", 20)); err != nil {
			t.Fatal(err)
		}
		got := b.deliver(r)
		var spam csp.Spam
		if len(got) != 1 || got[0].path != "/notify/notifyInfoNotification/"+shop+"/notice/rcsspam" || json.Unmarshal(got[0].body, &spam) != nil {
			t.Fatalf("%v", got)
		}
		if spam.Messages[0] != "m1" || spam.Type != strings.Repeat("垃", 16) {
			t.Errorf("%+v", spam)
		}
	})
}

// TestRevokeOfMany: one that names a person ten thousand times asks back once.
func TestRevokeOfMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		b.send(b.text("m1", 1))
		w.report(0, dispatch.FateDelivered, "")
		before := w.logged()
		r := csp.Revocation{ID: "m1", Status: csp.RevokeRequested, To: slices.Repeat(csp.OneOrMore[string]{tel(1), "TEL:" + number(1)}, 5_000)}
		if code := b.post("revoke", r); code != csp.CodeOK {
			t.Fatalf("answered %d", code)
		}
		if n := w.logged() - before; n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

// logged is how many events there are in all logs.
func (w *world) logged() (n int) {
	w.t.Helper()
	if err := w.DB.QueryRow(w.t.Context(), `select count(*) from messaging_event`).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
