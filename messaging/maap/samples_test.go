package maap_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"

	jsonv2 "github.com/go-json-experiment/json"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func member(t *testing.T, text string, names ...string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		v = v.(map[string]any)[n]
	}
	return v
}

// carried hands a content over as messaging renders it.
func (w *world) carried(chatbot string, c gsma.Content) {
	w.t.Helper()
	part, err := gsma.Encode(c, gsma.RCS.Limits())
	if err != nil {
		w.t.Fatal(err)
	}
	s := submission(chatbot, "dlv_"+chatbot)
	s.ContentType, s.Payload = part.ContentType, part.Data
	if out := w.sends(s); out[0].Answer != dispatch.Accepted {
		w.t.Fatalf("%+v", out)
	}
}

// TestSamplesOut: what a chatbot would have sent in the platform's own form is what the platform gets.
func TestSamplesOut(t *testing.T) {
	w := alone(t, nil)
	w.china.token = func(int) (int, string) { return 200, sample(t, "access-token-response.json") }
	w.carried("bot_rail", gsma.Content{Text: "请选择", Suggestions: []gsma.Suggestion{gsma.NewReply("查票", "q"), gsma.NewReply("退票", "r")}})
	got := w.china.heard()[0]
	want := member(t, sample(t, "mt-text-chiplist.json"), "messageList").([]any)
	for _, body := range want {
		body.(map[string]any)["contentEncoding"] = "utf8" // which is what it is where it is not said
	}
	if !reflect.DeepEqual(got.body["messageList"], any(want)) || got.auth != "accessToken t" {
		t.Errorf("%s", got.text())
	}
	var m rbm.AgentMessage
	if err := jsonv2.Unmarshal([]byte(sample(t, "agentMessage-standalone.json")), &m); err != nil {
		t.Fatal(err)
	}
	content, err := m.Content(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.carried("bot_bank", content)
	shown := member(t, strings.Replace(sample(t, "agentMessage-standalone.json"), ",\n       \"forceRefresh\": false", "", 1), "contentMessage")
	if got := w.google.heard()[0].body; !reflect.DeepEqual(got["contentMessage"], shown) || got["messageTrafficType"] != "TRANSACTION" {
		t.Errorf("%v\n%v", got, shown)
	}
}

// TestSamplesIn: the published shapes of callbacks are understood.
func TestSamplesIn(t *testing.T) {
	w := alone(t, nil)
	for _, name := range []string{"mo-text.json", "mo-shared-data.json"} {
		w.want(w.call(toMessages, strings.Replace(sample(t, name), "4bf4f950", "4bf4f95"+name[3:4], 1)), 200, name)
	}
	w.want(w.call(toSpam, sample(t, "spam-report.json")), 200, "spam")
	for _, name := range []string{"webhook-text.json", "webhook-location.json", "webhook-read.json", "webhook-delivered.json"} {
		w.want(w.event(clientToken, strings.Replace(sample(t, name), "2019-06-26", "2026-11-22", 1)), 200, name)
	}
	if at := time.Date(2020, 1, 17, 14, 42, 20, 840e6, time.FixedZone("", 8*60*60)); len(w.ledger.said) == 0 || !w.ledger.said[0].Said.Equal(at) {
		t.Errorf("%+v", w.ledger.said)
	}
	var said []string
	for _, m := range w.ledger.said {
		got, err := gsma.Decode(m.Part)
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
		text, _ := json.Marshal(got)
		said = append(said, m.ID+" "+string(text))
	}
	if want := []string{
		`rail:4bf4f95t-a0b6-4cc3-86b4-5a9580399bca {"text":"明天北京到上海"}`,
		`rail:4bf4f95s-a0b6-4cc3-86b4-5a9580399bca {"sharedData":{"deviceSpecifics":{"deviceModel":"Phone 7P","platformVersion":"Android-9.1.2","clientVendor":"VNDR",` +
			`"clientVersion":"RCSAndrd-1.0","batteryRemainingMinutes":517}}}`,
		`bank:m1 {"text":"你好"}`, `bank:m3 {"location":{"latitude":31.2183,"longitude":121.5447}}`,
	}; !reflect.DeepEqual(said, want) {
		t.Errorf("%q", said)
	}
	if len(w.ledger.reports)+len(w.ledger.spam) != 0 {
		t.Error("a report of what was never sent")
	}
}
