package csp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

func sample[T any](t testing.TB, name string) (v T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(data, &v, json.RejectUnknownMembers(true))
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// sent are the contents of the samples.
var sent = map[string]gsma.Content{
	"mt-text-sms-fallback.json": {Text: "您的验证码123456"},
	"mt-text-chiplist.json":     {Text: "请选择", Suggestions: []gsma.Suggestion{gsma.NewReply("查票", "q"), gsma.NewReply("退票", "r")}},
	"mt-geo.json":               {Location: &gsma.Location{Latitude: 31.2183, Longitude: 121.5447, System: "gcj02", Uncertainty: 10, Label: "Kerry Hotel"}},
}

func TestSamplesOut(t *testing.T) {
	for name, want := range sent {
		got, err := csp.Read(sample[csp.Message](t, name).Bodies)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(gsma.Received{Content: want}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	m := sample[csp.Message](t, "mt-text-sms-fallback.json")
	if !m.SMS || m.SMSText != "您的验证码123456" || m.Store == nil || *m.Store || m.Traffic != csp.Token || len(m.Reports) != 5 || m.Reports[4] != csp.DeliveredToNetwork {
		t.Errorf("read as %+v", struct{ csp.Message }{m}.Message.Reports)
	}
}

func TestSampleFile(t *testing.T) {
	got, err := csp.Read(sample[csp.Message](t, "mt-file.json").Bodies)
	if err != nil {
		t.Fatal(err)
	}
	f := got.File
	if f == nil || f.URL != "https://media.example.com/a.jpg" || f.Size != 183524 || f.Name != "a.jpg" || f.ContentType != "image/jpg" {
		t.Errorf("the file: %+v", f)
	}
	if f.Thumbnail == nil || f.Thumbnail.Size != 7427 || f.Thumbnail.Until.Format("2006-01-02T15:04:05Z") != "2019-04-25T12:17:07Z" {
		t.Errorf("its thumbnail: %+v", f.Thumbnail)
	}
}

func TestSamplesIn(t *testing.T) {
	in := sample[csp.Inbound](t, "mo-text.json")
	part, err := csp.Part(in.Bodies)
	if err != nil || part.ContentType != "text/plain" || string(part.Data) != "明天北京到上海" {
		t.Errorf("a text: %s %s, %v", part.ContentType, part.Data, err)
	}
	if len(in.To) != 1 || in.To[0] != "sip:106500@botplatform.rcs.example.cn" || in.From != "tel:+8613800000001" {
		t.Errorf("to %v", in.To)
	}
	part, err = csp.Part(sample[csp.Inbound](t, "mo-shared-data.json").Bodies)
	if err != nil {
		t.Fatal(err)
	}
	got, err := gsma.Decode(part)
	if err != nil || got.SharedData == nil || got.SharedData.DeviceSpecifics.DeviceModel != "Phone 7P" || *got.SharedData.DeviceSpecifics.BatteryRemainingMinutes != 517 {
		t.Errorf("shared data: %+v, %v", got.SharedData, err)
	}
	spam := sample[csp.Spam](t, "spam-report.json")
	if len(spam.Messages) != 1 || spam.Type != "垃圾消息" || spam.Text != "全是广告" {
		t.Errorf("a report: %+v", spam)
	}
	if r := sample[csp.Revocation](t, "mt-revoke.json"); r.Status != csp.RevokeRequested || r.ID == "" || len(r.To) != 1 {
		t.Errorf("a revocation: %s %d", r.Status, len(r.To))
	}
}

func TestWriteReads(t *testing.T) {
	file := gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/a.pdf", ContentType: "application/pdf", Size: 12}}
	card := gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Vertical}, Content: gsma.CardContent{Title: "消费提醒"}}
	for name, want := range map[string]gsma.Received{
		"a text and a file":  {Content: gsma.Content{Text: "看", File: &file}},
		"a card with a chip": {Content: gsma.Content{RichCard: gsma.RichCard{Card: &card}, Suggestions: []gsma.Suggestion{gsma.NewReply("确认", "c")}}},
		"a response":         {Response: &gsma.Response{Reply: &gsma.Choice{DisplayText: "否", Postback: &gsma.Postback{Data: "n"}}}},
		"a long text":        {Content: gsma.Content{Text: strings.Repeat("长", 3000)}},
	} {
		list, err := csp.Write(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := csp.Read(list)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		part, err := csp.Part(list)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = gsma.Decode(part); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s, as one part: %v", name, err)
		}
	}
}

func TestEncodeKeepsLimits(t *testing.T) {
	for name, c := range map[string]gsma.Content{
		"2001 characters": {Text: strings.Repeat("长", 2001)},
		"nine characters of three octets on a button": {Text: "x", Suggestions: []gsma.Suggestion{gsma.NewReply("一二三四五六七八九", "p")}},
		"nothing": {},
	} {
		if _, err := csp.Encode(c); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if list, err := csp.Encode(gsma.Content{Text: strings.Repeat("长", 2000)}); err != nil || len(list) != 1 {
		t.Errorf("2000 characters: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no body":                   `[]`,
		"three bodies":              `[{"contentType":"text/plain","contentText":"a"},{"contentType":"text/plain","contentText":"a"},{"contentType":"text/plain","contentText":"a"}]`,
		"two texts":                 `[{"contentType":"text/plain","contentText":"a"},{"contentType":"text/plain","contentText":"b"}]`,
		"no content":                `[{"contentType":"text/plain"}]`,
		"an object for a text":      `[{"contentType":"text/plain","contentText":{"a":1}}]`,
		"a number":                  `[{"contentType":"text/plain","contentText":7}]`,
		"base64 that is none":       `[{"contentType":"text/plain","contentEncoding":"base64","contentText":"***"}]`,
		"base64 of an object":       `[{"contentType":"text/plain","contentEncoding":"base64","contentText":{}}]`,
		"octets that are no UTF-8":  `[{"contentType":"text/plain","contentEncoding":"base64","contentText":"//8="}]`,
		"an unknown encoding":       `[{"contentType":"text/plain","contentEncoding":"gbk","contentText":"a"}]`,
		"an unknown type":           `[{"contentType":"image/jpeg","contentText":"a"}]`,
		"no type":                   `[{"contentText":"a"}]`,
		"a card with two roots":     `[{"contentType":"application/vnd.gsma.botmessage.v1.0+json","contentText":{"message":{},"suggestions":[]}}]`,
		"a file without one":        `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"thumbnail","url":"https://a.example/t"}]}]`,
		"two files":                 `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"file","url":"https://a.example/1"},{"type":"file","url":"https://a.example/2"}]}]`,
		"a file of an unknown type": `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"film","url":"https://a.example/1"}]}]`,
		"a file without a URL":      `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"file"}]}]`,
		"a file that is a text":     `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":"https://a.example/1"}]`,
		"a size in words":           `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"file","url":"https://a.example/1","fileSize":"large"}]}]`,
	} {
		var list []csp.Body
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := csp.Read(list); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestReadForgives(t *testing.T) {
	for name, text := range map[string]string{
		"base64":             `[{"contentType":"text/plain","contentEncoding":"base64","contentText":"aGVsbG8="}]`,
		"JSON in a text":     `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":"[{\"type\":\"file\",\"url\":\"https://a.example/1\"}]"}]`,
		"a size as a text":   `[{"contentType":"application/vnd.gsma.rcs-ft-http","contentText":[{"type":"file","url":"https://a.example/1","fileSize":"12"}]}]`,
		"a charset":          `[{"contentType":"text/plain;charset=UTF-8","contentEncoding":"UTF8","contentText":"a"}]`,
		"the type with +xml": `[{"contentType":"application/vnd.gsma.rcs-ft-http+xml","contentText":[{"type":"file","url":"https://a.example/1"}]}]`,
	} {
		var list []csp.Body
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := csp.Read(list); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		state   dispatch.State
		channel dispatch.Channel
		want    csp.Status
	}{
		{dispatch.StateQueued, "", ""},
		{dispatch.StateSubmitted, "rcs", csp.Sent},
		{dispatch.StateSubmitted, "sms", csp.DeliveredToNetwork},
		{dispatch.StateDelivered, "rcs", csp.Delivered},
		{dispatch.StateDisplayed, "rcs", csp.Displayed},
		{dispatch.StateFailed, "rcs", csp.Failed},
		{dispatch.StateExpired, "rcs", csp.Failed},
		{dispatch.StateRefused, "", csp.Failed},
		{dispatch.StateRevoked, "rcs", csp.RevokeOK},
		{dispatch.StateUnknown, "rcs", csp.Failed},
	} {
		if got := csp.StatusOf(c.state, c.channel); got != c.want {
			t.Errorf("%s on %q: %q, want %q", c.state, c.channel, got, c.want)
		}
	}
	for f := csp.NoTerminal; f <= csp.ContentMalformed; f++ {
		if got := csp.FailureOf(dispatch.StateFailed, f.Reason()); got != f {
			t.Errorf("failure %d has the word %s, which is failure %d", f, f.Reason(), got)
		}
	}
	if got := csp.FailureOf(dispatch.StateUnknown, dispatch.ReasonNoAnswer); got != csp.Failure(csp.CodeDoubt) {
		t.Errorf("what nobody knows is %d", got)
	}
	if got := csp.FailureOf(dispatch.StateRefused, "no_opt_in"); got != csp.RefusedByPerson {
		t.Errorf("a refusal is %d", got)
	}
	if got := csp.Failed.Fate(); got != dispatch.FateFailed {
		t.Errorf("failed is %s", got)
	}
	for failure, want := range map[csp.Failure]dispatch.Fate{csp.Failure(csp.CodeDoubt): dispatch.FateUnknown, csp.Offline: dispatch.FateFailed, 0: dispatch.FateFailed} {
		if got := (csp.Delivery{Status: csp.Failed, Failure: failure}).Fate(); got != want {
			t.Errorf("failed with %d is %s", failure, got)
		}
	}
	if got := (csp.Delivery{Status: csp.Delivered, Failure: csp.Failure(csp.CodeDoubt)}).Fate(); got != dispatch.FateDelivered {
		t.Errorf("delivered is %s", got)
	}
	if got := csp.RevokeFail.Fate(); got != dispatch.FateUnknown {
		t.Errorf("revokeFail is %s", got)
	}
}

func FuzzBodies(f *testing.F) {
	names, err := filepath.Glob("testdata/m*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var m csp.Message
		if json.Unmarshal(data, &m) != nil {
			return
		}
		got, err := csp.Read(m.Bodies)
		if err != nil {
			return
		}
		part, err := csp.Part(m.Bodies)
		if err != nil {
			t.Fatalf("read, but no part: %v", err)
		}
		if _, err := gsma.Decode(part); err != nil && len(part.Data) < gsma.MaxBody {
			t.Fatalf("read, but not as a part: %v", err)
		}
		if gsma.Check(got.Content, gsma.China.Limits()) != nil {
			return
		}
		list, err := csp.Encode(got.Content)
		if err != nil {
			t.Fatalf("checked, but not written: %v", err)
		}
		again, err := csp.Read(list)
		if err != nil || !cmp.Equal(got.Content, again.Content) {
			t.Fatalf("written, but not read again: %v", err)
		}
	})
}
