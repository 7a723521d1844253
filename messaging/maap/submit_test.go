package maap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/maap"
)

// postponed is what a platform that throttles means for a copy: the shortest time, where it does not say.
func postponed(after ...time.Duration) dispatch.Outcome {
	return dispatch.Outcome{Answer: dispatch.Postponed, After: slices.Max(append(after, 250*time.Millisecond))}
}

func outcome(a dispatch.Answer, reason ...string) dispatch.Outcome {
	return dispatch.Outcome{Answer: a, Reason: strings.Join(reason, "")}
}

var shape = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// TestGoogle: what goes out in Google's shape, and what each answer means.
func TestGoogle(t *testing.T) {
	w := alone(t, nil)
	s := submission("bot_bank", "dlv_1")
	s.Patience = time.Minute
	if out := w.sends(s); out[0] != outcome(dispatch.Accepted) {
		t.Fatalf("%+v", out)
	}
	got := w.google.heard()[0]
	id := strings.TrimPrefix(got.query, "agentId=bank_agent&messageId=")
	if got.method != "POST" || got.path != "/v1/phones/"+person+"/agentMessages" || !shape.MatchString(id) || got.auth != "Bearer t1" {
		t.Errorf("%+v", got)
	}
	if want := map[string]any{"contentMessage": map[string]any{"text": "您好"}, "messageTrafficType": "TRANSACTION", "ttl": "60s"}; !reflect.DeepEqual(got.body, want) {
		t.Errorf("%v", got.body)
	}
	refusal := `{"error":{"code":400,"message":"…","status":"INVALID_ARGUMENT"}}`
	for name, c := range map[string]struct {
		status int
		body   string
		pause  string
		want   dispatch.Outcome
	}{
		"no RCS":           {404, `{}`, "", outcome(dispatch.NotOnIt)},
		"unsupported":      {400, refusal, "", outcome(dispatch.Rejected, "upstream_invalid_argument")},
		"no reason":        {400, `<html>`, "", outcome(dispatch.Rejected, "upstream_refused")},
		"a line":           {400, `{"error":{"status":"A\nB"}}`, "", outcome(dispatch.Rejected, "upstream_a")},
		"not launched":     {403, `{"error":{"status":"PERMISSION_DENIED"}}`, "", outcome(dispatch.Rejected, "upstream_permission_denied")},
		"throttled":        {429, `{}`, "7", postponed(7 * time.Second)},
		"for a decade":     {429, `{}`, "315360000", postponed(30 * time.Second)},
		"away":             {503, ``, "", postponed()},
		"an error":         {500, ``, "", outcome(dispatch.Lost)},
		"a proxy's":        {502, ``, "", outcome(dispatch.Lost)},
		"a redirect":       {307, ``, "", postponed()},
		"a wrong token":    {401, ``, "", postponed()},
		"it is there":      {409, ``, "", outcome(dispatch.Accepted)},
		"an empty success": {200, ``, "", outcome(dispatch.Accepted)},
	} {
		w.again(nil)
		w.google.answers(c.status, c.body)
		w.google.pause = c.pause
		if out := w.sends(submission("bot_bank", "dlv_"+name)); len(out) != 1 || out[0] != c.want {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// TestGoogleLife: the platform takes a message back when the next step is due, and keeps to Google's bounds.
func TestGoogleLife(t *testing.T) {
	w := alone(t, nil)
	for i, c := range []struct {
		patience, expires time.Duration
		want              string
	}{{0, time.Hour, "3600s"}, {2 * time.Hour, time.Hour, "3600s"}, {time.Second, time.Hour, "10s"}, {0, -time.Minute, "10s"}, {0, 100 * 24 * time.Hour, "1296000s"}} {
		s := submission("bot_bank", fmt.Sprint("dlv_", i))
		s.Patience, s.Expires = c.patience, epoch.Add(c.expires)
		w.sends(s)
		if got := w.google.heard()[i].body["ttl"]; got != c.want {
			t.Errorf("%v: %v", c, got)
		}
	}
}

// TestGoogleAgain: where no answer came the message is given once more under the same id, which the platform ignores.
func TestGoogleAgain(t *testing.T) {
	for name, c := range map[string]struct {
		second int
		want   dispatch.Answer
	}{"taken": {200, dispatch.Accepted}, "lost again": {502, dispatch.Lost}, "then throttled": {429, dispatch.Lost}, "then refused": {400, dispatch.Rejected}} {
		w := alone(t, nil)
		w.google.reply = func(n int, _ ask) (int, string) {
			if n == 1 {
				return 500, ""
			}
			return c.second, ""
		}
		out := w.sends(submission("bot_bank", "dlv_1"))
		heard := w.google.heard()
		if out[0].Answer != c.want || len(heard) != 2 || heard[0].query != heard[1].query {
			t.Errorf("%s: %+v after %d", name, out, len(heard))
		}
	}
}

// TestGoogleToken: a token is asked for once and renewed before its end, and once when it is refused; without one nothing is sent.
func TestGoogleToken(t *testing.T) {
	w := alone(t, nil)
	w.google.token = func(n int) (int, string) { return 200, fmt.Sprintf(`{"access_token":"t%d","expires_in":600}`, n) }
	w.google.reply = func(n int, a ask) (int, string) {
		if a.auth == "Bearer t1" && n > 2 {
			return 401, ""
		}
		return 200, ""
	}
	for i, want := range []string{"Bearer t1", "Bearer t1", "Bearer t2"} {
		w.sends(submission("bot_bank", fmt.Sprint("dlv_", i)))
		heard := w.google.heard()
		if got := heard[len(heard)-1].auth; got != want {
			t.Errorf("message %d: %s", i, got)
		}
	}
	w.clock.pass(9 * time.Minute)
	w.sends(submission("bot_bank", "dlv_9"))
	if heard := w.google.heard(); heard[len(heard)-1].auth != "Bearer t3" {
		t.Error("a token is used to its end")
	}
	w.clock.pass(time.Hour)
	before := len(w.google.heard())
	for name, reply := range map[string]string{"none": `{}`, "no JSON": `<`, "empty": `{"access_token":""}`} {
		w.google.token = func(int) (int, string) { return 200, reply }
		if out := w.sends(submission("bot_bank", "dlv_"+name)); out[0].Answer != dispatch.Postponed {
			t.Errorf("%s: %+v", name, out)
		}
		w.clock.pass(time.Minute)
	}
	if len(w.google.heard()) != before {
		t.Error("sent without a token")
	}
}

// TestGoogleTokenFile: whoever keeps a token fresh replaces its file.
func TestGoogleTokenFile(t *testing.T) {
	w := alone(t, nil)
	file := filepath.Join(t.TempDir(), "token")
	accounts := w.accounts()[:1]
	accounts[0].RBM.OAuth, accounts[0].RBM.TokenFile = nil, file
	b, err := maap.New(w.deps(nil), accounts...)
	if err != nil {
		t.Fatal(err)
	}
	if out := b.Submit(t.Context(), []dispatch.Submission{submission("bot_bank", "dlv_0")}); out[0].Answer != dispatch.Postponed {
		t.Errorf("without the file: %+v", out)
	}
	w.clock.pass(time.Minute)
	for i, text := range []string{"first\n", "second"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.Submit(t.Context(), []dispatch.Submission{submission("bot_bank", fmt.Sprint("dlv_", i+1))})
		if got := w.google.heard()[i].auth; got != "Bearer "+strings.TrimSpace(text) {
			t.Error(got)
		}
	}
}

// TestChina: what goes out in the Chinese shape, and what each answer means.
func TestChina(t *testing.T) {
	w := alone(t, nil)
	id := w.sent(w.china, "bot_rail", "dlv_1")
	got := w.china.heard()[0]
	if got.method != "POST" || got.path != "/bot/v1/"+address+"/messages" || got.auth != "accessToken t1" || !shape.MatchString(id) {
		t.Errorf("%+v", got)
	}
	for member, want := range map[string]any{"senderAddress": address, "destinationAddress": []any{"tel:" + person}, "smsSupported": false, "storeSupported": true,
		"trafficType": "payment", "contributionId": id, "reportRequest": []any{"sent", "failed", "delivered", "displayed"},
		"messageList":       []any{map[string]any{"contentType": "text/plain", "contentEncoding": "utf8", "contentText": "您好"}},
		"serviceCapability": []any{map[string]any{"capabilityId": "ChatbotSA", "version": `+g.gsma.rcs.botversion="#=1"`}}} {
		if !reflect.DeepEqual(got.body[member], want) {
			t.Errorf("%s: %v", member, got.body[member])
		}
	}
	w.sends(submission("bot_rail", "dlv_2"))
	if heard := w.china.heard(); heard[1].body["conversationId"] != got.body["conversationId"] || heard[1].body["messageId"] == id {
		t.Error("two messages to one person are not of one conversation")
	}
	for name, c := range map[string]struct {
		status int
		body   string
		want   dispatch.Outcome
	}{
		"no such person":   {200, `{"errorCode":46001}`, outcome(dispatch.NotOnIt)},
		"content":          {200, `{"errorCode":60001,"errorMessage":"…"}`, outcome(dispatch.Rejected, "csp_60001")},
		"not the sender":   {400, `{"errorCode":30008}`, outcome(dispatch.Rejected, "csp_30008")},
		"over the second":  {200, `{"errorCode":30003}`, postponed()},
		"busy":             {200, `{"errorCode":-1}`, postponed()},
		"a wrong token":    {200, `{"errorCode":42001}`, postponed()},
		"a failure":        {500, `{"errorCode":0}`, outcome(dispatch.Lost)},
		"a proxy's":        {502, `<html>`, outcome(dispatch.Lost)},
		"no JSON":          {200, `<html>`, outcome(dispatch.Lost)},
		"away":             {503, ``, postponed()},
		"not found at all": {404, ``, postponed()},
	} {
		w.again(nil)
		w.china.answers(c.status, c.body)
		before := len(w.china.heard())
		if out := w.sends(submission("bot_rail", "dlv_"+name)); len(out) != 1 || out[0] != c.want {
			t.Errorf("%s: %+v", name, out)
		}
		if n := len(w.china.heard()) - before; n != 1 && name != "a wrong token" {
			t.Errorf("%s: handed over %d times", name, n)
		}
	}
}

// TestChinaTokenRace: a new token ends the former, so many who find theirs refused share one renewal, and nobody undoes another's.
func TestChinaTokenRace(t *testing.T) {
	w := alone(t, nil)
	valid := 0
	w.china.token = func(n int) (int, string) {
		valid = n
		return 200, fmt.Sprintf(`{"accessToken":"t%d","expires":7200,"errorCode":0}`, n)
	}
	w.china.reply = func(_ int, a ask) (int, string) {
		if a.auth != fmt.Sprintf("accessToken t%d", valid) {
			return 200, `{"errorCode":42001}`
		}
		return 200, `{"messageId":"m","errorCode":0}`
	}
	for round := range 3 {
		w.china.mu.Lock()
		valid = -1 // somebody else asked for a token
		w.china.mu.Unlock()
		before := w.china.tokens()
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if out := w.sends(submission("bot_rail", fmt.Sprintf("dlv_%d_%d", round, i))); out[0].Answer != dispatch.Accepted {
					t.Errorf("%+v", out)
				}
			})
		}
		all.Wait()
		if n := w.china.tokens() - before; n != 1 {
			t.Errorf("%d renewals", n)
		}
	}
	w.clock.pass(2 * time.Hour)
	w.sends(submission("bot_rail", "dlv_late"))
	if w.china.tokens() != 4 {
		t.Error("a token is used after its end")
	}
}

// TestTokenShared: all nodes use one token, also after a restart; where it is refused one of them renews it, and it stands in the store sealed.
func TestTokenShared(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		valid := ""
		w.china.token = func(n int) (int, string) {
			valid = fmt.Sprintf("a-long-access-token-%d", n)
			return 200, `{"accessToken":"` + valid + `","expires":7200,"errorCode":0}`
		}
		w.china.reply = func(_ int, a ask) (int, string) {
			if a.auth != "accessToken "+valid {
				return 200, `{"errorCode":40014}`
			}
			return 200, `{"messageId":"m","errorCode":0}`
		}
		w.sends(submission("bot_rail", "dlv_0"))
		first := w.Bearer
		w.again(nil)
		both := func(delivery string) {
			t.Helper()
			for i, b := range []*maap.Bearer{first, w.Bearer} {
				if out := b.Submit(t.Context(), []dispatch.Submission{submission("bot_rail", fmt.Sprint(delivery, i))}); out[0].Answer != dispatch.Accepted {
					t.Errorf("node %d: %+v", i, out)
				}
			}
		}
		both("dlv_1_")
		if n := w.china.tokens(); n != 1 {
			t.Errorf("%d tokens for two nodes", n)
		}
		w.china.mu.Lock()
		valid = "somebody else's"
		w.china.mu.Unlock()
		both("dlv_2_")
		w.clock.pass(2 * time.Hour)
		both("dlv_3_")
		if n := w.china.tokens(); n != 3 {
			t.Errorf("%d tokens", n)
		}
		var sealed []byte
		if err := w.db.QueryRow(t.Context(), `select sealed from messaging_maap_token`).Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("a-long-access-token")) {
			t.Errorf("a token stands in the store in clear: %v", err)
		}
	})
}

// TestWays: a chatbot's messages go by its account, the others by the gateway, and by nobody where there is none.
func TestWays(t *testing.T) {
	list := []dispatch.Submission{submission("bot_bank", "dlv_1"), submission("bot_shop", "dlv_2"), submission("bot_rail", "dlv_3"),
		submission("bot_suspended", "dlv_4"), submission("bot_unclear", "dlv_5")}
	own := &gateway{}
	want := []dispatch.Outcome{outcome(dispatch.Accepted), {Answer: dispatch.Accepted, Ref: "gw/dlv_2.1"}, outcome(dispatch.Accepted),
		outcome(dispatch.Rejected, "sender_suspended"), outcome(dispatch.Throttled)}
	w := alone(t, own)
	if out := w.sends(list...); !reflect.DeepEqual(out, want) || len(own.given) != 1 {
		t.Errorf("%+v, %v", out, own.given)
	}
	want[1] = outcome(dispatch.NotOnIt)
	if out := alone(t, nil).sends(list...); !reflect.DeepEqual(out, want) {
		t.Errorf("%+v", out)
	}
	card := submission("bot_bank", "dlv_6")
	card.ContentType, card.Payload = "application/vnd.gsma.botmessage.v1.0+json", []byte(`{"message":{}}`)
	if out := w.sends(card); out[0] != outcome(dispatch.Rejected, "upstream_content") {
		t.Errorf("a content without any: %+v", out)
	}
}

// reaching are recipients of chatbots, each with a number of their own.
func reaching(chatbots ...string) []dispatch.Recipient {
	to := make([]dispatch.Recipient, len(chatbots))
	for i, c := range chatbots {
		to[i] = dispatch.Recipient{Tenure: simtrust.TenureID(fmt.Sprint("ten_", i+1)), Number: number(fmt.Sprint("+861380000000", i+1)), Chatbot: c}
	}
	return to
}

// TestReach: each recipient is asked about by the way of their chatbot and by no other. A platform that does not answer may reach everybody.
func TestReach(t *testing.T) {
	own := &gateway{}
	w := alone(t, own)
	to := reaching("bot_bank", "bot_bank", "bot_shop", "bot_rail", "bot_suspended", "bot_unclear")
	for _, c := range []struct {
		status  int
		body    string
		gateway bool
		want    []bool
	}{
		{200, `{"reachableUsers":["+8613800000002","+8613800000003"]}`, false, []bool{false, true, false, true, true, true}},
		{200, `{}`, true, []bool{false, false, true, true, true, true}},
		{500, ``, false, []bool{true, true, false, true, true, true}},
		{200, `<`, false, []bool{true, true, false, true, true, true}},
	} {
		w.google.answers(c.status, c.body)
		own.reached, own.asked = c.gateway, nil
		if got, err := w.Reach(t.Context(), maap.Rich, to); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d %s: %v, %v", c.status, c.body, got, err)
		}
		if !reflect.DeepEqual(own.asked, []string{"+8613800000003"}) {
			t.Errorf("the gateway was asked about %v", own.asked)
		}
	}
	for _, a := range w.google.heard() {
		if a.path != "/v1/users:batchGet" || a.text() != `{"agentId":"bank_agent","users":["+8613800000001","+8613800000002"]}` {
			t.Errorf("%+v", a)
		}
	}
	own.away = errors.New("away")
	if _, err := w.Reach(t.Context(), maap.Rich, to); err == nil {
		t.Error("the gateway does not say, and that is not said")
	}
	if got, err := w.Reach(t.Context(), maap.Rich, reaching("bot_rail")); err != nil || !got[0] {
		t.Errorf("a chatbot that does not need the gateway: %v, %v", got, err)
	}
}

// TestNoForeignNumber: a chatbot without an account reaches nobody where there is no gateway, and no platform hears of whom it asks about.
func TestNoForeignNumber(t *testing.T) {
	w := alone(t, nil)
	got, err := w.Reach(t.Context(), maap.Rich, reaching("bot_shop", "bot_shop"))
	if err != nil || !reflect.DeepEqual(got, []bool{false, false}) {
		t.Errorf("%v, %v", got, err)
	}
	if n := len(w.google.heard()) + len(w.china.heard()) + w.google.tokens() + w.china.tokens(); n != 0 {
		t.Errorf("%d requests left the house", n)
	}
}

// TestOneThrottled: a platform that throttles is left alone, and its copies are put off; those for another go out, and the channel rests for
// nobody.
func TestOneThrottled(t *testing.T) {
	w := alone(t, &gateway{})
	w.google.answers(429, `{}`)
	both := func(delivery string) []dispatch.Outcome {
		return w.sends(submission("bot_bank", delivery+"a"), submission("bot_rail", delivery+"b"), submission("bot_shop", delivery+"c"))
	}
	free := []dispatch.Outcome{outcome(dispatch.Accepted), {Answer: dispatch.Accepted, Ref: "gw/"}}
	for i, want := range []dispatch.Outcome{postponed(), postponed(), postponed(500 * time.Millisecond), postponed(time.Second)} {
		delivery := fmt.Sprint("dlv_", i)
		out := both(delivery)
		if free[1].Ref = "gw/" + delivery + "c.1"; out[0] != want || !reflect.DeepEqual(out[1:], free) {
			t.Errorf("%d: %+v", i, out)
		}
		if i > 0 {
			w.clock.pass(want.After)
		}
	}
	if n := len(w.google.heard()); n != 3 {
		t.Errorf("it was asked %d times", n)
	}
	if n := w.count(`select count(*) from messaging_maap_copy where account = 'bank'`); n != 3 {
		t.Errorf("%d copies are written down that did not go out", n)
	}
	w.google.answers(200, `{}`)
	if out := both("dlv_x"); out[0] != outcome(dispatch.Accepted) {
		t.Errorf("then: %+v", out)
	}
	w.google.answers(429, `{}`)
	if out := both("dlv_y"); out[0] != postponed() {
		t.Errorf("after a success: %+v", out)
	}
}

// TestThrottledAmongMany: what is not under way yet is not given to a platform that throttles.
func TestThrottledAmongMany(t *testing.T) {
	w := alone(t, nil)
	w.google.answers(429, `{}`)
	w.google.pause = "7"
	list := make([]dispatch.Submission, 200)
	for i := range list {
		list[i] = submission("bot_bank", fmt.Sprint("dlv_", i))
	}
	for i, o := range w.sends(list...) {
		if o != postponed(7*time.Second) {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if n := len(w.google.heard()); n > 32 {
		t.Errorf("%d requests, 32 at once", n)
	}
}

// TestReachPaused: a platform that is left alone is not asked whom it reaches, and one that does not want to say it is left alone; for any other
// refusal copies go out.
func TestReachPaused(t *testing.T) {
	w := alone(t, &gateway{})
	reach := func(what string, asked int) {
		t.Helper()
		before := len(w.google.heard())
		got, err := w.Reach(t.Context(), maap.Rich, reaching("bot_bank", "bot_shop"))
		if err != nil || !reflect.DeepEqual(got, []bool{true, false}) || len(w.google.heard())-before != asked {
			t.Errorf("%s: %v, %v, asked %d times", what, got, err, len(w.google.heard())-before)
		}
	}
	w.google.answers(400, `{}`)
	reach("refused", 1)
	w.google.answers(200, `{}`)
	if out := w.sends(submission("bot_bank", "dlv_1")); out[0].Answer != dispatch.Accepted {
		t.Errorf("after a refusal: %+v", out)
	}
	w.google.answers(429, `{}`)
	w.google.pause = "7"
	w.sends(submission("bot_bank", "dlv_2"))
	reach("after a copy that was throttled", 0)
	w.clock.pass(7 * time.Second)
	reach("when the pause is over", 1)
	reach("in the next", 0)
	if out := w.sends(submission("bot_bank", "dlv_3"), submission("bot_rail", "dlv_4")); out[0] != postponed(7*time.Second) || out[1].Answer != dispatch.Accepted {
		t.Errorf("%+v", out)
	}
}

// TestHanging: a platform that does not answer has three seconds to say whom it reaches, whatever time the caller has, and is left alone then, as
// it is when a copy took all the time there was.
func TestHanging(t *testing.T) {
	w := alone(t, nil)
	d := w.deps(&gateway{})
	far := &hanging{server: w.google.URL}
	d.Client.Transport = far
	b, err := maap.New(d, w.accounts()...)
	if err != nil {
		t.Fatal(err)
	}
	reach := func(asked int) {
		t.Helper()
		got, err := b.Reach(t.Context(), maap.Rich, reaching("bot_bank", "bot_rail"))
		if err != nil || !reflect.DeepEqual(got, []bool{true, true}) || far.asked != asked {
			t.Errorf("%v, %v, asked %d times", got, err, far.asked)
		}
	}
	reach(1)
	reach(1)
	if far.patience <= 0 || far.patience > 3*time.Second {
		t.Errorf("it is waited for %v", far.patience)
	}
	submit := func(ctx context.Context, want dispatch.Outcome) {
		t.Helper()
		out := b.Submit(ctx, []dispatch.Submission{submission("bot_bank", fmt.Sprint("dlv_", far.asked, want.Answer)), submission("bot_shop", "dlv_x")})
		if out[0] != want || out[1].Answer != dispatch.Accepted {
			t.Errorf("%+v", out)
		}
	}
	submit(t.Context(), postponed())
	w.clock.pass(250 * time.Millisecond)
	ctx := &ending{Context: t.Context()}
	far.over = ctx
	submit(ctx, outcome(dispatch.Lost))
	submit(t.Context(), postponed(500*time.Millisecond))
	reach(2)
	w.clock.pass(500 * time.Millisecond)
	reach(3)
}

// hanging does not answer what a server is asked, but for tokens, until the asker's time is over.
type hanging struct {
	server   string
	asked    int
	patience time.Duration // of who asked first
	over     *ending
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.URL.String(), h.server) || r.URL.Path == "/token" {
		return http.DefaultTransport.RoundTrip(r)
	}
	if end, ok := r.Context().Deadline(); ok && h.asked == 0 {
		h.patience = time.Until(end)
	}
	h.asked++
	if h.over != nil {
		h.over.over.Store(true)
	}
	return nil, context.DeadlineExceeded
}

// ending is a context whose time is over when that is said.
type ending struct {
	context.Context
	over atomic.Bool
}

func (e *ending) Err() error {
	if e.over.Load() {
		return context.DeadlineExceeded
	}
	return e.Context.Err()
}

// TestPanic: a mistake over one platform costs its own copies only, whether it asks for a token, whom it reaches, or gives a copy.
func TestPanic(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		want dispatch.Outcome
	}{"at the token": {"/token", postponed()}, "at the message": {"/agentMessages", outcome(dispatch.Lost)}} {
		w := alone(t, &gateway{})
		d := w.deps(&gateway{})
		d.Client.Transport = spoilt{w.google.URL, c.path}
		b, err := maap.New(d, w.accounts()...)
		if err != nil {
			t.Fatal(err)
		}
		out := b.Submit(t.Context(), []dispatch.Submission{submission("bot_bank", "dlv_1"), submission("bot_rail", "dlv_2"), submission("bot_shop", "dlv_3")})
		if out[0].Answer == "" {
			out[0].Answer = dispatch.Lost
		}
		if out[0] != c.want || out[1].Answer != dispatch.Accepted || out[2].Answer != dispatch.Accepted {
			t.Errorf("%s: %+v", name, out)
		}
	}
	w := alone(t, nil)
	d := w.deps(&gateway{})
	d.Client.Transport = spoilt{w.google.URL, "batchGet"}
	b, err := maap.New(d, w.accounts()...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.Reach(t.Context(), maap.Rich, reaching("bot_bank", "bot_shop")); err != nil || !reflect.DeepEqual(got, []bool{true, false}) {
		t.Errorf("%v, %v", got, err)
	}
}

// spoilt panics over requests of a server.
type spoilt struct{ server, path string }

func (s spoilt) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.String(), s.server) && strings.Contains(r.URL.Path, s.path) {
		panic("spoilt")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestNeverHanded: what was not written down was not handed over; once that was said it is true for good, also of a node that wakes later.
func TestNeverHanded(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		w.sends(submission("bot_bank", "dlv_1"))
		handed, stranger := submission("bot_bank", "dlv_1").Copy, submission("bot_bank", "dlv_2").Copy
		for range 2 {
			got := w.Query(t.Context(), []dispatch.Copy{handed, stranger})
			if got[0].Fate != "" || got[1].Fate != dispatch.FateNotTaken {
				t.Fatalf("%+v", got)
			}
		}
		before := len(w.google.heard())
		if out := w.sends(submission("bot_bank", "dlv_2")); out[0].Answer != dispatch.Postponed || len(w.google.heard()) != before {
			t.Errorf("%+v: handed over what never would be", out)
		}
	})
}

// TestOneOrNone: of a copy that is asked about while it is handed over, either it was or it never will be.
func TestOneOrNone(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		for i := range 20 {
			s := submission("bot_bank", fmt.Sprint("dlv_", i))
			before := len(w.google.heard())
			var out []dispatch.Outcome
			var found []dispatch.Finding
			var both sync.WaitGroup
			both.Go(func() { out = w.Submit(context.WithoutCancel(t.Context()), []dispatch.Submission{s}) })
			both.Go(func() { found = w.Query(t.Context(), []dispatch.Copy{s.Copy}) })
			both.Wait()
			handed := len(w.google.heard()) - before
			if (found[0].Fate == dispatch.FateNotTaken) == (handed == 1) || (out[0].Answer == dispatch.Accepted) != (handed == 1) {
				t.Errorf("%+v, %+v, handed over %d times", out, found, handed)
			}
		}
	})
}

// TestQueryGateway: of the gateway's copies the gateway tells, and its promise is kept here too.
func TestQueryGateway(t *testing.T) {
	own := &gateway{fate: dispatch.FateDelivered}
	w := alone(t, own)
	w.sends(submission("bot_bank", "dlv_1"), submission("bot_shop", "dlv_2"))
	own.given = nil
	list := []dispatch.Copy{submission("", "dlv_1").Copy, submission("", "dlv_2").Copy}
	got := w.Query(t.Context(), list)
	if got[0].Fate != "" || got[1].Fate != dispatch.FateDelivered || !reflect.DeepEqual(own.given, []string{"dlv_2.1"}) {
		t.Errorf("%+v, %v", got, own.given)
	}
	own.fate = dispatch.FateNotTaken
	if got := w.Query(t.Context(), []dispatch.Copy{submission("", "dlv_3").Copy}); got[0].Fate != dispatch.FateNotTaken {
		t.Errorf("%+v", got)
	}
	if n := w.count(`select count(*) from messaging_maap_copy where account = ''`); n != 1 {
		t.Errorf("%d promises", n)
	}
	if got := w.Cancel(t.Context(), list); got[0] != dispatch.RecallUnknown || got[1] != dispatch.Recalled {
		t.Errorf("%v", got)
	}
}

// TestCancel: a copy is asked back by its id, from whoever it was handed to, and not from the next holder of the number.
func TestCancel(t *testing.T) {
	w := alone(t, nil)
	google, china := w.sent(w.google, "bot_bank", "dlv_1"), w.sent(w.china, "bot_rail", "dlv_2")
	list := []dispatch.Copy{submission("", "dlv_1").Copy, submission("", "dlv_2").Copy, submission("", "dlv_3").Copy}
	cancel := func() {
		t.Helper()
		for i, got := range w.Cancel(t.Context(), list) {
			if got != dispatch.RecallUnknown {
				t.Errorf("%d: %v", i, got)
			}
		}
	}
	cancel()
	if got := w.google.heard()[1]; got.method != "DELETE" || got.path != "/v1/phones/"+person+"/agentMessages/"+google || got.query != "agentId=bank_agent" {
		t.Errorf("%+v", got)
	}
	if got := w.china.heard()[1]; got.path != "/bot/v1/"+address+"/revoke" ||
		got.text() != `{"destinationAddress":["tel:`+person+`"],"messageId":"`+china+`","status":"RevokeRequested"}` {
		t.Errorf("%+v", got)
	}
	w.google.answers(500, "")
	w.china.answers(200, `{"errorCode":20002}`)
	cancel()
	w.ledger.gone = true
	before := len(w.google.heard()) + len(w.china.heard())
	cancel()
	w.ledger.gone = false
	w.clock.pass(2 * time.Hour) // the platform has taken its message back by itself
	cancel()
	if n := len(w.google.heard()) + len(w.china.heard()) - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestNoTrace: neither numbers nor words are stored, and what is over is removed.
func TestNoTrace(t *testing.T) {
	each(t, nil, func(t *testing.T, w *world) {
		w.sent(w.google, "bot_bank", "dlv_1")
		w.call("/messageNotification/"+address+"/messages", text("m1", "hello"))
		for _, table := range []string{"messaging_maap_copy", "messaging_maap_nonce"} {
			if n := w.count(`select count(*) from ` + table); n != 1 {
				t.Errorf("%s: %d rows", table, n)
			}
		}
		w.clock.pass(14 * time.Minute)
		if err := w.Prune(t.Context()); err != nil || w.count(`select count(*) from messaging_maap_nonce`) != 1 {
			t.Error("a nonce is forgotten that may come again", err)
		}
		w.clock.pass(4 * 24 * time.Hour)
		if err := w.Prune(t.Context()); err != nil || w.count(`select count(*) from messaging_maap_copy`)+w.count(`select count(*) from messaging_maap_nonce`) != 0 {
			t.Error("what is over stays", err)
		}
	})
}

// TestStoreAway: where a copy cannot be written down it is not handed over.
func TestStoreAway(t *testing.T) {
	w := alone(t, nil)
	if err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `drop table messaging_maap_copy`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if out := w.sends(submission("bot_bank", "dlv_1")); out[0].Answer != dispatch.Throttled || len(w.google.heard()) != 0 {
		t.Errorf("%+v", out)
	}
	if got := w.Query(t.Context(), []dispatch.Copy{submission("", "dlv_1").Copy}); got[0].Fate != "" {
		t.Errorf("%+v", got)
	}
}

// TestAccounts: what could not be verified, or not be sent by, is refused at the start.
func TestAccounts(t *testing.T) {
	w := alone(t, nil)
	for name, spoil := range map[string]func(a []maap.Account) []maap.Account{
		"no name":                func(a []maap.Account) []maap.Account { a[0].Name = ""; return a },
		"a path for a name":      func(a []maap.Account) []maap.Account { a[0].Name = "a/b"; return a },
		"one name":               func(a []maap.Account) []maap.Account { a[1].Name = a[0].Name; return a },
		"no chatbot":             func(a []maap.Account) []maap.Account { a[0].Chatbot = ""; return a },
		"one chatbot":            func(a []maap.Account) []maap.Account { a[1].Chatbot = a[0].Chatbot; return a },
		"no shape":               func(a []maap.Account) []maap.Account { a[0].RBM = nil; return a },
		"two shapes":             func(a []maap.Account) []maap.Account { a[0].CSP = a[1].CSP; return a },
		"no client token":        func(a []maap.Account) []maap.Account { a[0].RBM.ClientToken = ""; return a },
		"no agent":               func(a []maap.Account) []maap.Account { a[0].RBM.AgentID = ""; return a },
		"no URL":                 func(a []maap.Account) []maap.Account { a[0].RBM.URL = "ftp://x"; return a },
		"no access":              func(a []maap.Account) []maap.Account { a[0].RBM.OAuth = nil; return a },
		"a token and an account": func(a []maap.Account) []maap.Account { a[0].RBM.Service = &maap.ServiceAccount{}; return a },
		"two kinds":              func(a []maap.Account) []maap.Account { a[0].RBM.TokenFile = "x"; return a },
		"no callback token":      func(a []maap.Account) []maap.Account { a[1].CSP.Token = ""; return a },
		"no address":             func(a []maap.Account) []maap.Account { a[1].CSP.ChatbotID = ""; return a },
		"no key":                 func(a []maap.Account) []maap.Account { a[1].CSP.AppKey = ""; return a },
		"no platform at all":     func(a []maap.Account) []maap.Account { a[1].CSP.URL = "maap"; return a },
	} {
		if _, err := maap.New(w.deps(nil), spoil(w.accounts())...); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	silent := w.accounts()
	silent[0].RBM.URL, silent[0].Chatbot = "", silent[1].Chatbot
	if b, err := maap.New(w.deps(nil), silent...); err != nil || !b.Sends() {
		t.Errorf("an account that only receives: %v", err)
	}
}
