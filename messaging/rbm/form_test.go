package rbm_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

// receiver is an agent's webhook as Google's guide has one written: it answers checks, and takes what is signed with its token.
type receiver struct {
	token   string
	echo    func(secret string) (int, string)
	failing bool
	heard   []rbm.Event
	ids     []string
	url     string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	if req.Header.Get(rbm.TypeHeader) == rbm.TypeCheck {
		var c rbm.Check
		if json.Unmarshal(body, &c) != nil || c.ClientToken != r.token || c.Secret == "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		status, text := r.echo(c.Secret)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
		return
	}
	e, m, err := rbm.Open(r.token, body, req.Header.Get(rbm.SignatureHeader))
	if err != nil || r.failing || m.Attributes["business_id"] != bank {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	r.heard, r.ids = append(r.heard, e), append(r.ids, m.MessageID)
}

func (w *world) receiver(t *testing.T) *receiver {
	t.Helper()
	token, err := w.service.Token(t.Context(), bank)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{token: token, echo: func(secret string) (int, string) { return 200, `{"secret":"` + secret + `"}` }}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func TestAReceiverIsCheckedFirst(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		if err := w.service.Check(t.Context(), bank, r.url); err != nil {
			t.Error(err)
		}
		r.echo = func(secret string) (int, string) { return 200, secret + "\n" }
		if err := w.service.Check(t.Context(), bank, r.url); err != nil {
			t.Error(err)
		}
		for name, echo := range map[string]func(string) (int, string){
			"another secret": func(string) (int, string) { return 200, `{"secret":"x"}` },
			"none":           func(string) (int, string) { return 200, `{}` },
			"nothing":        func(string) (int, string) { return 200, `` },
			"a refusal":      func(s string) (int, string) { return 403, s },
			"more":           func(s string) (int, string) { return 200, s + s },
		} {
			r.echo = echo
			if err := w.service.Check(t.Context(), bank, r.url); simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != events.ReasonUnchecked {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.token = "another"
		if err := w.service.Check(t.Context(), bank, r.url); simtrust.ReasonOf(err) != events.ReasonUnchecked {
			t.Error(err)
		}
	})
}

func entry(t *testing.T, seq int64, kind string, data any) events.Entry {
	t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return events.Entry{Seq: seq, ID: "evt_" + kind, Type: kind, At: start.Add(time.Duration(seq) * time.Second), Data: text}
}

func delivery(t *testing.T, seq int64, message string, state dispatch.State) events.Entry {
	return entry(t, seq, messaging.EventDelivery+string(state), messaging.DeliveryEvent{Message: message, Delivery: "dlv_" + message, State: state})
}

func TestEventsAreTold(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), string(sample(t, "agentMessage-text.json")))
		w.sent["msg_own"], w.numbers["dlv_msg_own"] = messaging.SendReq{Key: "own"}, person
		w.numbers["cnv_1"] = plain
		yes, at := gsma.NewReply("Yes", "y").Response(), func(seq int64) time.Time { return start.Add(time.Duration(seq) * time.Second) }
		said := func(seq int64, r messaging.ReplyEvent) events.Entry {
			r.Conversation = "cnv_1"
			return entry(t, seq, messaging.EventReply, r)
		}
		list := []events.Entry{
			delivery(t, 1, "msg_0", dispatch.StateQueued), delivery(t, 2, "msg_0", dispatch.StateSubmitted), delivery(t, 3, "msg_0", dispatch.StateDelivered),
			delivery(t, 4, "msg_0", dispatch.StateDisplayed), delivery(t, 5, "msg_0", dispatch.StateExpired), delivery(t, 6, "msg_0", dispatch.StateFailed),
			delivery(t, 7, "msg_0", dispatch.StateUnknown), delivery(t, 8, "msg_0", dispatch.StateRevoked), delivery(t, 9, "msg_0", dispatch.StateRefused),
			delivery(t, 10, "msg_own", dispatch.StateDelivered), delivery(t, 11, "msg_gone", dispatch.StateDelivered),
			said(12, messaging.ReplyEvent{Response: &yes}), said(13, messaging.ReplyEvent{Content: &gsma.Content{Text: "hi"}}),
			said(14, messaging.ReplyEvent{SharedData: &gsma.SharedData{}}),
			entry(t, 15, messaging.EventReply, messaging.ReplyEvent{Conversation: "cnv_ended", Content: &gsma.Content{Text: "hi"}}),
			entry(t, 16, messaging.EventRefused, messaging.PermissionEvent{Conversation: "cnv_1"}),
			entry(t, 17, messaging.EventStarted, messaging.PermissionEvent{Conversation: "cnv_1"}),
			entry(t, 18, messaging.EventSpam, messaging.SpamEvent{}), entry(t, 19, messaging.EventSuspended, messaging.StandingEvent{}),
		}
		r := w.receiver(t)
		acked, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, list)
		if err != nil || acked != 19 {
			t.Errorf("%d %v", acked, err)
		}
		of := func(seq int64, kind rbm.EventType, state dispatch.State) rbm.Event {
			return rbm.Event{AgentID: bank, SendTime: at(seq), EventType: kind, EventID: "evt_message." + string(state), MessageID: "a1"}
		}
		delivered, displayed, expired, failed, unknown := of(3, rbm.Delivered, dispatch.StateDelivered), of(4, rbm.Read, dispatch.StateDisplayed),
			of(5, rbm.Expired, dispatch.StateExpired), of(6, rbm.Expired, dispatch.StateFailed), of(7, rbm.ExpiredDoubt, dispatch.StateUnknown)
		delivered.SenderPhoneNumber, displayed.SenderPhoneNumber = person, person
		expired.PhoneNumber, failed.PhoneNumber, unknown.PhoneNumber = person, person, person
		want := []rbm.Event{delivered, displayed, expired, failed, unknown,
			{SenderPhoneNumber: plain, AgentID: bank, SendTime: at(12), MessageID: "evt_reply", Suggestion: &rbm.SuggestionResponse{PostbackData: "y", Text: "Yes", Type: rbm.ResponseReply}},
			{SenderPhoneNumber: plain, AgentID: bank, SendTime: at(13), MessageID: "evt_reply", Text: "hi"},
			{SenderPhoneNumber: plain, AgentID: bank, SendTime: at(16), EventType: rbm.Unsubscribe, EventID: "evt_opt-in.refused"},
			{SenderPhoneNumber: plain, AgentID: bank, SendTime: at(17), EventType: rbm.Subscribe, EventID: "evt_opt-in.started"},
		}
		known := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".MessageID" }, cmp.Comparer(func(a, b string) bool {
			a, _, _ = strings.Cut(a, ".")
			b, _, _ = strings.Cut(b, ".")
			return a == b
		}))
		if diff := cmp.Diff(want, r.heard, known); diff != "" {
			t.Error(diff)
		}
		if w.lookUps != 1 {
			t.Errorf("keys were looked up %d times", w.lookUps)
		}
	})
}

// TestWhatWasRead: an agent says READ of what this person sent to it, by the id that it was told, and of nothing else.
func TestWhatWasRead(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		w.numbers["cnv_1"] = person
		said := entry(t, 1, messaging.EventReply, messaging.ReplyEvent{Conversation: "cnv_1", Content: &gsma.Content{Text: "hi"}})
		r := w.receiver(t)
		for range 2 { // at least once, under one id
			if _, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, []events.Entry{said}); err != nil {
				t.Fatal(err)
			}
		}
		id := r.heard[0].MessageID
		if again := r.heard[1].MessageID; again != id {
			t.Errorf("%s, then %s", id, again)
		}
		read := func(n string) string { return "/rbm/v1/phones/" + n + "/agentEvents?eventId=e1" }
		body := func(id string) rbm.AgentEvent { return rbm.AgentEvent{EventType: rbm.Read, MessageID: id} }
		e := does[rbm.AgentEvent](t, w, "bank", "POST", read(person), body(id))
		if diff := cmp.Diff(rbm.AgentEvent{Name: "phones/" + person + "/agentEvents/e1", EventType: rbm.Read, MessageID: id, SendTime: start}, e); diff != "" {
			t.Error(diff)
		}
		event, mac, _ := strings.Cut(id, ".")
		for name, id := range map[string]string{"the event alone": event, "no event": "." + mac, "another event": "evt_other." + mac, "cut": id[:len(id)-1],
			"longer": id + "A", "of another form": "MsUserMessage1", "an agent's own": "a1"} {
			if message := w.fails(t, "bank", "POST", read(person), body(id), rbm.InvalidArgument); strings.Contains(message, id) {
				t.Errorf("%s: %s", name, message)
			}
		}
		w.fails(t, "bank", "POST", read("+491000000"), body(id), rbm.InvalidArgument)
		w.fails(t, "rail", "POST", read(person), body(id), rbm.InvalidArgument)
	})
}

func TestNobodyIsToldOfWhoGaveTheirNumberUp(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		does[rbm.AgentMessage](t, w, "bank", "POST", to(person, "a1", bank), string(sample(t, "agentMessage-text.json")))
		delete(w.numbers, "dlv_msg_0")
		r := w.receiver(t)
		acked, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, []events.Entry{delivery(t, 1, "msg_0", dispatch.StateDelivered)})
		if err != nil || acked != 1 || len(r.heard) != 0 {
			t.Errorf("%d %v %v", acked, err, r.heard)
		}
	})
}

func TestEventsComeInOrderUntilTheyAreTaken(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		for _, id := range []string{"a1", "a2"} {
			does[rbm.AgentMessage](t, w, "bank", "POST", to(person, id, bank), string(sample(t, "agentMessage-text.json")))
		}
		r := w.receiver(t)
		list := []events.Entry{delivery(t, 1, "msg_0", dispatch.StateQueued), delivery(t, 2, "msg_0", dispatch.StateDelivered), delivery(t, 3, "msg_1", dispatch.StateDelivered)}
		r.failing = true
		if acked, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, list); err == nil || acked != 1 {
			t.Errorf("%d %v", acked, err)
		}
		r.failing = false
		if acked, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, list[1:]); err != nil || acked != 3 || len(r.heard) != 2 ||
			r.heard[0].MessageID != "a1" || r.heard[1].MessageID != "a2" {
			t.Errorf("%d %v %+v", acked, err, r.heard)
		}
		w.away = refusal(simtrust.KindUnavailable, "away")
		if acked, err := w.service.Bring(t.Context(), events.Webhook{Chatbot: bank, URL: r.url}, list[1:]); !errors.Is(err, w.away) || acked != 0 {
			t.Errorf("what cannot be looked up is passed over: %d %v", acked, err)
		}
	})
}

func TestClientTokensAreRotated(t *testing.T) {
	eachStore(t, func(t *testing.T, w *world) {
		type token struct {
			ClientToken string `json:"client_token"`
		}
		const path = "/messaging/v1/chatbots/" + bank + "/rbm-token"
		first := does[token](t, w, "bank", "GET", path, nil).ClientToken
		if again := does[token](t, w, "operator", "GET", path, nil).ClientToken; again != first || len(first) < 40 {
			t.Errorf("%q, %q", first, again)
		}
		if rails := does[token](t, w, "rail", "GET", "/messaging/v1/chatbots/"+rail+"/rbm-token", nil).ClientToken; rails == first {
			t.Error("two agents have one token")
		}
		for who, status := range map[string]int{"rail": 403, "reader": 403, "": 401} {
			for _, c := range [][2]string{{"GET", path}, {"POST", path + "/rotation"}} {
				if got, answer := w.call(t, who, c[0], c[1], nil); got != status {
					t.Errorf("%s: %d %s", who, got, answer)
				}
			}
		}
		if got, answer := w.call(t, "operator", "POST", "/messaging/v1/chatbots/bot_none/rbm-token/rotation", nil); got != 404 {
			t.Errorf("%d %s", got, answer)
		}
		r := w.receiver(t)
		seen := map[string]bool{first: true}
		for range 3 {
			next := does[token](t, w, "bank", "POST", path+"/rotation", nil).ClientToken
			if shown := does[token](t, w, "bank", "GET", path, nil).ClientToken; seen[next] || shown != next {
				t.Errorf("%q, %q", next, shown)
			}
			seen[next] = true
		}
		if err := w.service.Check(t.Context(), bank, r.url); simtrust.ReasonOf(err) != events.ReasonUnchecked {
			t.Errorf("the former token is still good: %v", err)
		}
	})
}
