package maap_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/maap"
	"simtrust/messaging/rbm"
)

// serve has the router answer one request.
func (w *world) serve(method, path string, body []byte, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header = header
	out := httptest.NewRecorder()
	w.router.ServeHTTP(out, r)
	return out
}

var nonces struct {
	sync.Mutex
	n int
}

// nonce is a new one.
func nonce() string {
	nonces.Lock()
	defer nonces.Unlock()
	nonces.n++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", nonces.n)
}

// signed are the headers of a callback in the Chinese shape.
func (w *world) signed(nonce string) http.Header {
	h := http.Header{}
	csp.SetHeaders(h, token, address, w.clock.now(), nonce)
	return h
}

const notify = maap.Path + "csp/rail"

// call makes a callback in the Chinese shape, as it must be.
func (w *world) call(path, body string) *httptest.ResponseRecorder {
	return w.serve("POST", notify+path, []byte(body), w.signed(nonce()))
}

const (
	toMessages = "/messageNotification/" + address + "/messages"
	toStatus   = "/deliveryNotification/" + address + "/status"
	toSpam     = "/notifyInfoNotification/" + address + "/notice/rcsspam"
	toChanged  = "/notifyInfoNotification/" + address + "/notice/informationChange"
)

// text is a text from the person.
func text(id, words string) string {
	body, _ := json.Marshal(map[string]any{"messageId": id, "messageList": []any{map[string]any{"contentType": "text/plain", "contentText": words}},
		"destinationAddress": address, "senderAddress": "tel:" + person, "conversationId": "c", "contributionId": "k"})
	return string(body)
}

// status is what became of a message.
func status(id string, s csp.Status, more string) string {
	return fmt.Sprintf(`{"deliveryInfoList":[{"messageId":%q,"status":%q,"dateTime":"2026-11-22T15:59:00.000+08:00","destinationAddress":%q,"senderAddress":"tel:%s"%s}]}`,
		id, s, address, person, more)
}

// event makes a call in Google's shape, signed with a client token.
func (w *world) event(token, event string) *httptest.ResponseRecorder {
	body, _ := json.Marshal(map[string]any{"message": map[string]any{"data": base64.StdEncoding.EncodeToString([]byte(event)), "messageId": "p1"}, "subscription": "s"})
	return w.serve("POST", maap.Path+"rbm/bank", body, http.Header{"X-Goog-Signature": {rbm.Sign(token, []byte(event))}, "Content-Type": {"application/json"}})
}

// of is an event of the account's agent.
func of(members string) string {
	return fmt.Sprintf(`{"senderPhoneNumber":%q,"agentId":%q,"sendTime":"2026-11-22T07:59:00Z",%s}`, person, agent, members)
}

func (w *world) want(out *httptest.ResponseRecorder, status int, what string) {
	w.t.Helper()
	if out.Code != status {
		w.t.Errorf("%s: %d %s", what, out.Code, out.Body)
	}
}

func (w *world) heardNothing(what string) {
	w.t.Helper()
	if n := len(w.ledger.said) + len(w.ledger.reports) + len(w.ledger.spam); n != 0 {
		w.t.Fatalf("%s: %d things were heard", what, n)
	}
}

// TestCheckRBM: the secret goes back to who knows the client token, and to nobody else.
func TestCheckRBM(t *testing.T) {
	w := alone(t, nil)
	post := func(body string) *httptest.ResponseRecorder {
		return w.serve("POST", maap.Path+"rbm/bank", []byte(body), http.Header{})
	}
	out := post(`{"clientToken":"` + clientToken + `","secret":"1234567890"}`)
	if out.Code != 200 || out.Body.String() != "1234567890" || !strings.HasPrefix(out.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("%d %s %v", out.Code, out.Body, out.Header())
	}
	for name, body := range map[string]string{
		"another token": `{"clientToken":"another","secret":"echoed-secret"}`, "no token": `{"secret":"echoed-secret"}`, "an empty one": `{"clientToken":"","secret":"echoed-secret"}`,
		"no secret": `{"clientToken":"` + clientToken + `"}`, "a long one": `{"clientToken":"` + clientToken + `","secret":"` + strings.Repeat("echoed-secret", 100) + `"}`,
		"twice": `{"clientToken":"` + clientToken + `","clientToken":"x","secret":"echoed-secret"}`, "nothing": ``, "garbage": `{`, "an array": `[]`,
		"an event without a signature": `{"message":{"data":"e30="}}`,
	} {
		if out := post(body); out.Code != 401 || strings.Contains(out.Body.String(), "echoed-secret") {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
	w.want(w.serve("POST", maap.Path+"rbm/rail", nil, http.Header{}), 404, "an account of the other shape")
	w.want(w.serve("POST", maap.Path+"rbm/none", nil, http.Header{}), 404, "no account")
	w.want(w.serve("GET", maap.Path+"rbm/bank", nil, http.Header{}), 405, "another method")
}

// TestEvents: what a person says and what becomes of messages, in Google's shape.
func TestEvents(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		id := w.sent(w.google, "bot_bank", "dlv_1")
		for _, e := range []string{
			of(`"messageId":"m1","text":"明天"`), of(`"messageId":"m2","suggestionResponse":{"postbackData":"txn:confirm","text":"Confirm","type":"REPLY"}`),
			of(`"messageId":"m3","location":{"latitude":31.2183,"longitude":121.5447}`), of(`"eventType":"UNSUBSCRIBE","eventId":"e9"`),
			of(`"eventType":"DELIVERED","eventId":"e1","messageId":"` + id + `"`), of(`"eventType":"READ","eventId":"e2","messageId":"` + id + `"`),
			of(`"eventType":"TTL_EXPIRATION_REVOKED","eventId":"e3","messageId":"` + id + `"`),
			// These say nothing of a copy.
			of(`"eventType":"TTL_EXPIRATION_REVOKE_FAILED","eventId":"e4","messageId":"` + id + `"`), of(`"eventType":"IS_TYPING","eventId":"e5"`),
			of(`"eventType":"SOMETHING_NEW","eventId":"e6","messageId":"` + id + `"`), of(`"eventType":"DELIVERED","eventId":"e7","messageId":"of-another"`),
			of(`"eventType":"DELIVERED","eventId":"e8"`),
		} {
			w.want(w.event(clientToken, e), 200, e)
		}
		var said []string
		for _, m := range w.ledger.said {
			if m.From != number(person) || m.To != "sip:bank@botplatform.example" {
				t.Errorf("%+v", m)
			}
			said = append(said, m.ID+" "+m.Part.ContentType+" "+string(m.Part.Data))
		}
		want := []string{"bank:m1 text/plain;charset=UTF-8 明天",
			`bank:m2 application/vnd.gsma.botsuggestion.response.v1.0+json {"response":{"reply":{"displayText":"Confirm","postback":{"data":"txn:confirm"}}}}`,
			"bank:m3 text/plain;charset=UTF-8 geo:31.2183,121.5447", "bank:e9 text/plain;charset=UTF-8 STOP"}
		if !reflect.DeepEqual(said, want) {
			t.Errorf("%q", said)
		}
		at := time.Date(2026, 11, 22, 7, 59, 0, 0, time.UTC)
		if reports := []dispatch.Report{{ID: "dlv_1.1", Fate: dispatch.FateDelivered, At: at}, {ID: "dlv_1.1", Fate: dispatch.FateDisplayed, At: at},
			{ID: "dlv_1.1", Fate: dispatch.FateExpired, At: at}}; !reflect.DeepEqual(w.ledger.reports, reports) {
			t.Errorf("%+v", w.ledger.reports)
		}
	})
}

// TestIdsThatAreNone: an id that no store takes for a text spoils nothing beside it.
func TestIdsThatAreNone(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		id := w.sent(w.china, "bot_rail", "dlv_1")
		body := strings.Replace(status(id, csp.Delivered, ""), `[`, `[{"messageId":"a\u0000","status":"delivered"},`, 1)
		w.want(w.call(toStatus, body), 200, "reports")
		w.want(w.call(toMessages, strings.Replace(text("m1", "hello"), `{`, `{"inReplyTo":"\u0000",`, 1)), 200, "an answer")
		w.want(w.call(toSpam, `{"messageId":["`+id+`","\u0000"],"spamType":"ads"}`), 200, "a complaint")
		if len(w.ledger.reports) != 1 || len(w.ledger.said) != 1 || len(w.ledger.spam) != 1 {
			t.Errorf("heard %v, %d messages, %v", w.ledger.reports, len(w.ledger.said), w.ledger.spam)
		}
	})
}

// TestOldWords: a call that was kept and is brought again when its id is forgotten says nothing, and a consent not even before.
func TestOldWords(t *testing.T) {
	w := alone(t, nil)
	start, stop, words := of(`"eventType":"SUBSCRIBE","eventId":"e1"`), of(`"eventType":"UNSUBSCRIBE","eventId":"e2"`), of(`"messageId":"m3","text":"明天"`)
	typed, typedToo := of(`"messageId":"m1","text":" start "`), of(`"messageId":"m2","text":"订阅"`)
	without := func(e string) string { return strings.Replace(e, `"sendTime":"2026-11-22T07:59:00Z",`, "", 1) }
	ahead := func(e string) string { return strings.Replace(e, "2026-", "2027-", 1) }
	heard := func(what string, want []time.Time, list ...string) {
		t.Helper()
		w.ledger.said = nil
		for _, e := range list {
			w.want(w.event(clientToken, e), 200, e)
		}
		var got []time.Time
		for _, m := range w.ledger.said {
			got = append(got, m.Said)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: heard what was said at %v", what, got)
		}
	}
	at := epoch.Add(-time.Minute)
	heard("at once", []time.Time{at, at, at, at, at}, start, typed, typedToo, stop, words)
	heard("a consent without a time", nil, without(start), without(typed))
	heard("other words without one", []time.Time{{}, {}}, without(stop), without(words))
	heard("a year ahead", nil, ahead(start), ahead(stop), ahead(words))
	heard("an hour ahead is now", []time.Time{epoch}, strings.Replace(words, "T07:", "T08:", 1))
	w.clock.pass(8 * 24 * time.Hour)
	heard("after eight days", []time.Time{at, at}, start, typed, typedToo, stop, words)
	w.clock.pass(22 * 24 * time.Hour)
	heard("after thirty days", nil, start, typed, typedToo, stop, words)
}

// TestEventsRefused: what is not signed, signed by another, about another agent, or no event.
func TestEventsRefused(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.google, "bot_bank", "dlv_1")
	good := of(`"eventType":"DELIVERED","eventId":"e1","messageId":"` + id + `"`)
	w.want(w.event("another", good), 401, "another's signature")
	w.want(w.event("", good), 401, "no key")
	body := []byte(`{"message":{"data":"` + base64.StdEncoding.EncodeToString([]byte(good)) + `"}}`)
	for name, signature := range map[string]string{"no base64": "%%%", "short": "AAAA", "of another body": rbm.Sign(clientToken, []byte("{}")), "of the envelope": rbm.Sign(clientToken, body)} {
		w.want(w.serve("POST", maap.Path+"rbm/bank", body, http.Header{"X-Goog-Signature": {signature}}), 401, name)
	}
	w.want(w.event(clientToken, strings.Replace(good, agent, "another_agent", 1)), 403, "another agent")
	w.want(w.event(clientToken, strings.Replace(good, `"agentId":"bank_agent",`, "", 1)), 403, "no agent")
	for name, e := range map[string]string{
		"no JSON": `{`, "an array": `[]`, "a member twice": `{"agentId":"bank_agent","agentId":"bank_agent"}`, "no message": of(`"messageId":"m1"`),
		"two messages": of(`"messageId":"m1","text":"a","location":{"latitude":1,"longitude":1}`), "no id": of(`"text":"a"`),
		"a long id":     of(`"messageId":"` + strings.Repeat("x", 129) + `","text":"a"`),
		"no number":     strings.Replace(of(`"messageId":"m1","text":"a"`), person, "somebody", 1),
		"a file of no":  of(`"messageId":"m1","userFile":{}`),
		"wrong numbers": of(`"messageId":"m1","location":{"latitude":"north","longitude":1}`),
	} {
		w.want(w.event(clientToken, e), 400, name)
	}
	w.want(w.serve("POST", maap.Path+"rbm/bank", bytes.Repeat([]byte("x"), 1<<20), http.Header{"X-Goog-Signature": {"x"}}), 413, "too large")
	w.heardNothing("refused calls")
}

// TestLateDelivered: the platform says that a message expired, and then that it was delivered after all; both are passed on as they came.
func TestLateDelivered(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.google, "bot_bank", "dlv_1")
	for _, e := range []string{"TTL_EXPIRATION_REVOKED", "DELIVERED", "TTL_EXPIRATION_REVOKED"} {
		w.want(w.event(clientToken, of(`"eventType":"`+e+`","messageId":"`+id+`"`)), 200, e)
	}
	var fates []dispatch.Fate
	for _, r := range w.ledger.reports {
		fates = append(fates, r.Fate)
	}
	if !reflect.DeepEqual(fates, []dispatch.Fate{dispatch.FateExpired, dispatch.FateDelivered, dispatch.FateExpired}) {
		t.Errorf("%v", fates)
	}
}

// TestLostAnswer: a report counts although the answer to the submission was lost.
func TestLostAnswer(t *testing.T) {
	w := alone(t, nil)
	w.google.answers(500, "")
	if out := w.sends(submission("bot_bank", "dlv_1")); out[0].Answer != dispatch.Lost {
		t.Fatalf("%+v", out)
	}
	_, id, _ := strings.Cut(w.google.heard()[0].query, "messageId=")
	w.want(w.event(clientToken, of(`"eventType":"DELIVERED","messageId":"`+id+`"`)), 200, "a report")
	if len(w.ledger.reports) != 1 || w.ledger.reports[0].ID != "dlv_1.1" {
		t.Errorf("%+v", w.ledger.reports)
	}
}

// TestEcho: the check of the notifyURL is answered to who knows the token, now, and changes nothing.
func TestEcho(t *testing.T) {
	w := alone(t, nil)
	check := func(path string, spoil func(h http.Header)) *httptest.ResponseRecorder {
		h := w.signed(nonce())
		h.Set(csp.HeaderEcho, "echo-1")
		spoil(h)
		return w.serve("GET", notify+path, nil, h)
	}
	for _, path := range []string{"/check", "/notifyInfoNotification/" + address + "/check"} {
		out := check(path, func(http.Header) {})
		if out.Code != 200 || out.Body.String() != "echo-1" || out.Header().Get(csp.HeaderEcho) != "echo-1" || out.Header().Get(csp.HeaderAppID) != "app-1" {
			t.Errorf("%s: %d %s %v", path, out.Code, out.Body, out.Header())
		}
	}
	for name, spoil := range map[string]func(h http.Header){
		"no signature":      func(h http.Header) { h.Del(csp.HeaderSignature) },
		"another's":         func(h http.Header) { h.Set(csp.HeaderSignature, csp.Sign("x", h.Get("timestamp"), h.Get("nonce"))) },
		"an older time":     func(h http.Header) { csp.SetHeaders(h, token, address, epoch.Add(-6*time.Minute), nonce()) },
		"no echo":           func(h http.Header) { h.Del(csp.HeaderEcho) },
		"a long echo":       func(h http.Header) { h.Set(csp.HeaderEcho, strings.Repeat("echo-1", 100)) },
		"a page for echo":   func(h http.Header) { h.Set(csp.HeaderEcho, "echo-1 <script>") },
		"another's chatbot": func(h http.Header) { h.Set(csp.HeaderChatbot, "sip:other@x") },
	} {
		if out := check("/check", spoil); out.Code < 400 || strings.Contains(out.Body.String(), "echo-1") || out.Header().Get(csp.HeaderEcho) != "" {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
	if n := w.count(`select count(*) from messaging_maap_nonce`); n != 0 {
		t.Errorf("%d nonces of checks", n)
	}
}

// TestCallbacks: what a person says, what becomes of messages and what is complained of, in the Chinese shape.
func TestCallbacks(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		id := w.sent(w.china, "bot_rail", "dlv_1")
		out := w.call(toMessages, strings.Replace(text("m1", "明天"), `{`, `{"inReplyTo":"`+id+`",`, 1))
		if w.want(out, 200, "a text"); out.Body.String() != `{"messageId":"m1","conversationId":"c","contributionId":"k","errorCode":0,"errorMessage":"success"}` {
			t.Error(out.Body)
		}
		if got := w.ledger.said; len(got) != 1 || got[0].ID != "rail:m1" || got[0].From != number(person) || got[0].To != "sip:rail@botplatform.example" ||
			got[0].InReplyTo != "dlv_1" || string(got[0].Part.Data) != "明天" {
			t.Errorf("%+v", got)
		}
		for _, s := range []string{status(id, csp.Sent, ""), status(id, csp.Failed, `,"errorCode":4`), status(id, csp.RevokeFail, ""), status(id, csp.RevokeOK, ""),
			status(id, csp.Delivered, ""), status("unknown", csp.Delivered, ""), status(id, "somethingNew", ""), `{"deliveryInfoList":[]}`} {
			w.want(w.call(toStatus, s), 200, s)
		}
		at := time.Date(2026, 11, 22, 7, 59, 0, 0, time.UTC)
		for i := range w.ledger.reports {
			w.ledger.reports[i].At = w.ledger.reports[i].At.UTC()
		}
		if want := []dispatch.Report{{ID: "dlv_1.1", Fate: dispatch.FateAccepted, At: at}, {ID: "dlv_1.1", Fate: dispatch.FateFailed, At: at, Reason: "offline"},
			{ID: "dlv_1.1", Fate: dispatch.FateRevoked, At: at}, {ID: "dlv_1.1", Fate: dispatch.FateDelivered, At: at}}; !reflect.DeepEqual(w.ledger.reports, want) {
			t.Errorf("%+v", w.ledger.reports)
		}
		w.want(w.call(toChanged, `{"anything":1}`), 200, "a change")
		w.want(w.call(toSpam, `{"messageId":["`+id+`",`+strings.Repeat(`"unknown",`, 48)+`"unknown"],"spamType":"ads"}`), 200, "spam")
		if want := []maap.Spam{{From: number(person), Delivery: "dlv_1", Type: "ads"}}; !reflect.DeepEqual(w.ledger.spam, want) {
			t.Errorf("%+v", w.ledger.spam)
		}
	})
}

// TestDoubt: that a platform does not know what became of a message is no failure, after which another copy would go out; what it learns later
// counts.
func TestDoubt(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.china, "bot_rail", "dlv_1")
	w.want(w.call(toStatus, status(id, csp.Failed, `,"errorCode":81001`)), 200, "doubt")
	w.want(w.call(toStatus, status(id, csp.Failed, `,"errorCode":"81001"`)), 200, "doubt as a text")
	w.heardNothing("doubt")
	w.want(w.call(toStatus, status(id, csp.Delivered, "")), 200, "it arrived")
	if r := w.ledger.reports; len(r) != 1 || r[0].Fate != dispatch.FateDelivered {
		t.Errorf("%+v", r)
	}
}

// TestManners: ids of the chatbot without their scheme or in capitals, null for absent, tel URIs in capitals, codes as texts and checks by
// POST are taken too.
func TestManners(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.china, "bot_rail", "dlv_1")
	plain, capitals := strings.TrimPrefix(address, "sip:"), "SIP:"+strings.ToUpper(strings.TrimPrefix(address, "sip:"))
	for i, as := range []string{plain, capitals, strings.ReplaceAll(address, "@", "%40")} {
		in, _ := url.PathUnescape(as)
		h := w.signed(nonce())
		h.Set(csp.HeaderChatbot, in)
		body := strings.Replace(text(fmt.Sprint("m", i), "hello"), address, in, 1)
		w.want(w.serve("POST", notify+"/messageNotification/"+as+"/messages", []byte(body), h), 200, as)
	}
	for name, body := range map[string]string{
		"capitals": strings.Replace(text("m4", "hello"), "tel:", "TEL:", 1),
		"nulls":    `{"messageId":"m5","messageList":[{"contentType":"text/plain","contentText":"a"}],"destinationAddress":null,"senderAddress":"tel:` + person + `","inReplyTo":null}`,
	} {
		w.want(w.call(toMessages, body), 200, name)
	}
	if n := len(w.ledger.said); n != 5 {
		t.Errorf("%d messages", n)
	}
	w.want(w.call(toStatus, status(id, csp.Failed, `,"errorCode":"4"`)), 200, "a code as a text")
	if r := w.ledger.reports; len(r) != 1 || r[0].Reason != "offline" {
		t.Errorf("%+v", r)
	}
	h := w.signed(nonce())
	h.Set(csp.HeaderEcho, "echo-1")
	if out := w.serve("POST", notify+"/check", nil, h); out.Code != 200 || out.Header().Get(csp.HeaderEcho) != "echo-1" {
		t.Errorf("%d %v", out.Code, out.Header())
	}
}

// TestCallbacksRefused: what is forged, stale, of another or no callback changes nothing, and is refused in the interface's form.
func TestCallbacksRefused(t *testing.T) {
	w := alone(t, nil)
	body := text("m1", "hello")
	other := "/messageNotification/sip:other@botplatform.example/messages"
	for name, c := range map[string]struct {
		path, body string
		spoil      func(h http.Header)
		status     int
		code       csp.Code
	}{
		"no headers":        {toMessages, body, func(h http.Header) { clear(h) }, 401, csp.CodeCallback},
		"no signature":      {toMessages, body, func(h http.Header) { h.Del(csp.HeaderSignature) }, 401, csp.CodeCallback},
		"a wrong signature": {toMessages, body, func(h http.Header) { h.Set(csp.HeaderSignature, strings.Repeat("0", 64)) }, 401, csp.CodeCallback},
		"another's token":   {toMessages, body, func(h http.Header) { csp.SetHeaders(h, "another", address, epoch, nonce()) }, 401, csp.CodeCallback},
		"an empty token":    {toMessages, body, func(h http.Header) { csp.SetHeaders(h, "", address, epoch, nonce()) }, 401, csp.CodeCallback},
		"another nonce":     {toMessages, body, func(h http.Header) { h.Set(csp.HeaderNonce, nonce()) }, 401, csp.CodeCallback},
		"another time":      {toMessages, body, func(h http.Header) { h.Set(csp.HeaderTimestamp, strconv.FormatInt(epoch.Unix()+1, 10)) }, 401, csp.CodeCallback},
		"stale":             {toMessages, body, func(h http.Header) { csp.SetHeaders(h, token, address, epoch.Add(-5*time.Minute-time.Second), nonce()) }, 401, csp.CodeCallback},
		"from the future":   {toMessages, body, func(h http.Header) { csp.SetHeaders(h, token, address, epoch.Add(5*time.Minute+time.Second), nonce()) }, 401, csp.CodeCallback},
		"two nonces":        {toMessages, body, func(h http.Header) { h.Add(csp.HeaderNonce, nonce()) }, 401, csp.CodeCallback},
		"another's path":    {other, body, func(http.Header) {}, 403, csp.CodeSender},
		"another's header":  {toMessages, body, func(h http.Header) { h.Set(csp.HeaderChatbot, "sip:other@x") }, 403, csp.CodeSender},
		"another's message": {toMessages, strings.ReplaceAll(body, address, "sip:other@x"), func(http.Header) {}, 403, csp.CodeSender},
		"no JSON":           {toMessages, `{`, func(http.Header) {}, 400, csp.CodeParameter},
		"a member twice":    {toMessages, strings.Replace(body, `{`, `{"messageId":"m2",`, 1), func(http.Header) {}, 400, csp.CodeParameter},
		"no id":             {toMessages, text("", "hello"), func(http.Header) {}, 400, csp.CodeParameter},
		"a long id":         {toMessages, text(strings.Repeat("x", 129), "hello"), func(http.Header) {}, 400, csp.CodeParameter},
		"no number":         {toMessages, strings.Replace(body, person, "anonymous", 1), func(http.Header) {}, 400, csp.CodeParameter},
		"no message":        {toMessages, strings.Replace(body, `"contentText"`, `"text"`, 1), func(http.Header) {}, 400, csp.CodeParameter},
		"no status":         {toStatus, `{"deliveryInfoList":{}}`, func(http.Header) {}, 400, csp.CodeParameter},
		"too many":          {toStatus, `{"deliveryInfoList":[` + strings.Repeat(`{},`, 1000) + `{}]}`, func(http.Header) {}, 400, csp.CodeParameter},
		"too much spam":     {toSpam, `{"messageId":[` + strings.Repeat(`"m",`, 50) + `"m"]}`, func(http.Header) {}, 400, csp.CodeParameter},
		"no spam":           {toSpam, `[]`, func(http.Header) {}, 400, csp.CodeParameter},
		"too large":         {toMessages, strings.Repeat(" ", 1<<20), func(http.Header) {}, 413, csp.CodeParameter},
	} {
		h := w.signed(nonce())
		c.spoil(h)
		out := w.serve("POST", notify+c.path, []byte(c.body), h)
		var r csp.Result
		if err := json.Unmarshal(out.Body.Bytes(), &r); out.Code != c.status || err != nil || r.Code != c.code {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
	w.want(w.serve("POST", maap.Path+"csp/bank"+toMessages, []byte(body), w.signed(nonce())), 404, "an account of the other shape")
	w.heardNothing("refused callbacks")
}

// TestForeignReport: a platform speaks only of copies that it was handed, whatever it signs.
func TestForeignReport(t *testing.T) {
	w := alone(t, nil)
	google, china := w.sent(w.google, "bot_bank", "dlv_1"), w.sent(w.china, "bot_rail", "dlv_2")
	w.want(w.event(clientToken, of(`"eventType":"DELIVERED","messageId":"`+china+`"`)), 200, "of the other's")
	w.want(w.call(toStatus, status(google, csp.Delivered, "")), 200, "of the other's")
	w.want(w.call(toSpam, `{"messageId":"`+google+`"}`), 200, "of the other's")
	w.Query(t.Context(), []dispatch.Copy{submission("", "dlv_3").Copy}) // promised to nobody
	w.heardNothing("reports of another's copies")
	w.want(w.call(toMessages, strings.Replace(text("m1", "hello"), `{`, `{"inReplyTo":"`+google+`",`, 1)), 200, "an answer to the other's")
	if got := w.ledger.said; len(got) != 1 || got[0].InReplyTo != "" {
		t.Errorf("%+v", got)
	}
}

// TestReplay: one set of headers carries one request, however often it comes, also after a restart; what comes again changes nothing.
func TestReplay(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		h := w.signed(nonce())
		once := []byte(text("m1", "hello"))
		for range 2 {
			w.want(w.serve("POST", notify+toMessages, once, h), 200, "the same request")
		}
		w.again(nil)
		w.want(w.serve("POST", notify+toMessages, once, h), 200, "after a restart")
		for name, c := range map[string][2]string{"another body": {toMessages, text("m2", "forged")}, "a space more": {toMessages, string(once) + " "}, "another path": {toStatus, string(once)}} {
			w.want(w.serve("POST", notify+c[0], []byte(c[1]), h), 401, name)
		}
		w.want(w.call(toMessages, string(once)), 200, "the same message under new headers")
		if got := w.ledger.said; len(got) != 1 || string(got[0].Part.Data) != "hello" {
			t.Errorf("%+v", got)
		}
		w.clock.pass(6 * time.Minute)
		w.want(w.serve("POST", notify+toMessages, once, h), 401, "stale")
	})
}

// TestTwentyAtOnce: copies of a callback that come at once are one event; of different bodies under one nonce at most one counts.
func TestTwentyAtOnce(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		same, forged := w.signed(nonce()), w.signed(nonce())
		var all sync.WaitGroup
		taken := make([]int, 20)
		for i := range 20 {
			all.Go(func() {
				w.want(w.serve("POST", notify+toMessages, []byte(text("m1", "hello")), same.Clone()), 200, "a copy")
			})
			all.Go(func() {
				taken[i] = w.serve("POST", notify+toMessages, []byte(text(fmt.Sprint("f", i), "one of many")), forged.Clone()).Code
			})
			all.Go(func() { w.want(w.event(clientToken, of(`"messageId":"g1","text":"hello"`)), 200, "a copy") })
		}
		all.Wait()
		good := 0
		for _, code := range taken {
			if code == 200 {
				good++
			} else if code != 401 {
				t.Errorf("%d", code)
			}
		}
		if good != 1 || len(w.ledger.said) != 3 {
			t.Errorf("%d of the different bodies, %d events", good, len(w.ledger.said))
		}
	})
}

// TestTryAgain: what could not be made durable is tried again under the same headers; what never will be is acknowledged.
func TestTryAgain(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.china, "bot_rail", "dlv_1")
	requests := map[string]string{toMessages: text("m1", "hello"), toStatus: status(id, csp.Delivered, ""), toSpam: `{"messageId":"` + id + `"}`}
	headers := map[string]http.Header{}
	for path := range requests {
		headers[path] = w.signed(nonce())
	}
	for _, c := range []struct {
		kind   simtrust.Kind
		status int
	}{{simtrust.KindUnavailable, 503}, {simtrust.KindInternal, 500}, {simtrust.KindLimited, 429}} {
		w.ledger.goes(&simtrust.Error{Kind: c.kind, Msg: "secret words"})
		for path, body := range requests {
			out := w.serve("POST", notify+path, []byte(body), headers[path])
			if w.want(out, c.status, path); c.status >= 500 && strings.Contains(out.Body.String(), "secret") {
				t.Error(out.Body)
			}
		}
		w.want(w.event(clientToken, of(`"messageId":"m1","text":"hello"`)), c.status, "Google's shape")
	}
	w.ledger.goes(nil)
	w.ledger.spam = nil
	for path, body := range requests {
		w.want(w.serve("POST", notify+path, []byte(body), headers[path]), 200, path)
	}
	if len(w.ledger.said) != 1 || len(w.ledger.reports) != 1 || len(w.ledger.spam) != 1 {
		t.Errorf("%d, %d, %d", len(w.ledger.said), len(w.ledger.reports), len(w.ledger.spam))
	}
	for _, kind := range []simtrust.Kind{simtrust.KindNotFound, simtrust.KindInvalid, simtrust.KindDenied} {
		w.ledger.goes(&simtrust.Error{Kind: kind, Reason: "unknown_recipient"})
		w.want(w.call(toMessages, text("m2", "hello")), 200, string(kind))
		w.want(w.event(clientToken, of(`"messageId":"m2","text":"hello"`)), 200, string(kind))
	}
}

// TestStoreAwayBack: while nonces cannot be kept nothing is taken, and the platform is asked to come again.
func TestStoreAwayBack(t *testing.T) {
	w := alone(t, nil)
	h := w.signed(nonce())
	rename := func(from, to string) {
		t.Helper()
		if err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `alter table `+from+` rename to `+to)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	rename("messaging_maap_nonce", "away")
	if out := w.serve("POST", notify+toMessages, []byte(text("m1", "hello")), h); out.Code < 500 {
		t.Errorf("%d %s", out.Code, out.Body)
	}
	w.heardNothing("without nonces")
	rename("away", "messaging_maap_nonce")
	w.want(w.serve("POST", notify+toMessages, []byte(text("m1", "hello")), h), 200, "again")
}
