package gsma_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

// purchase is a bank's card with an answer for yes and one for no.
func purchase() gsma.Content {
	return card(gsma.CardContent{
		Title: "消费提醒", Description: "您尾号1234的卡片于11月22日消费人民币88.00元。", Media: media(func(*gsma.Media) {}),
		Suggestions: []gsma.Suggestion{gsma.NewReply("确认交易", "txn:confirm"), gsma.NewReply("否认交易", "txn:deny")},
	})
}

var bank = gsma.Options{Signature: "某银行", Language: gsma.Chinese, Page: "https://s.example/Ab3"}

func degrade(t testing.TB, c gsma.Content, channel gsma.Channel, o gsma.Options) (gsma.Rendered, []gsma.Answer) {
	t.Helper()
	r, answers, err := gsma.Degrade(c, channel.Limits(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r, answers
}

func TestCardOnItsWayDown(t *testing.T) {
	english, short := bank, bank
	english.Language, english.Page = gsma.English, ""
	short.Page, short.Short = "", map[string]string{"https://media.example.com/a.png": "https://s.example/x"}
	const words = "消费提醒\n您尾号1234的卡片于11月22日消费人民币88.00元。"
	sent := &gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/a.png", ContentType: "image/png", Size: 1}}
	for _, c := range []struct {
		options gsma.Options
		want    gsma.Rendered
	}{
		{bank, gsma.Rendered{Channel: gsma.Enhanced, Text: words + "\n回复1 确认交易\n回复2 否认交易", File: sent}},
		{bank, gsma.Rendered{Channel: gsma.CardSMS, Text: "【某银行】" + words + "\n回复1 确认交易\n回复2 否认交易\n详情 https://s.example/Ab3"}},
		{bank, gsma.Rendered{Channel: gsma.SMS, Text: "【某银行】" + words + "\n回复1 确认交易\n回复2 否认交易\n详情 https://s.example/Ab3"}},
		{short, gsma.Rendered{Channel: gsma.SMS, Text: "【某银行】" + words + "\n[图片] https://s.example/x\n回复1 确认交易\n回复2 否认交易"}},
		{english, gsma.Rendered{Channel: gsma.SMS, Text: "【某银行】" + words + "\n[Picture] https://media.example.com/a.png\nReply 1 确认交易\nReply 2 否认交易"}},
	} {
		r, answers := degrade(t, purchase(), c.want.Channel, c.options)
		if diff := cmp.Diff(c.want, r); diff != "" {
			t.Errorf("%s: %s", c.want.Channel, diff)
		}
		want := []gsma.Answer{{Code: "1", Choice: *purchase().Card.Content.Suggestions[0].Reply}, {Code: "2", Choice: *purchase().Card.Content.Suggestions[1].Reply}}
		if diff := cmp.Diff(want, answers); diff != "" {
			t.Errorf("%s: %s", c.want.Channel, diff)
		}
	}
}

func TestCardTextIsReadAsACard(t *testing.T) {
	r, _ := degrade(t, purchase(), gsma.CardSMS, bank)
	got, ok := gsma.ReadCardText(r.Text)
	want := gsma.CardText{Signature: "某银行", Title: "消费提醒", Words: "您尾号1234的卡片于11月22日消费人民币88.00元。\n回复1 确认交易\n回复2 否认交易", Link: "https://s.example/Ab3"}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
	for _, text := range []string{"", "hello", "【某银行", "【某银行】hello", "https://s.example/Ab3", "【某银行】\n详情 javascript:alert(1)", "a\nb"} {
		if c, ok := gsma.ReadCardText(text); ok {
			t.Errorf("%q is read as %+v", text, c)
		}
	}
}

// TestActionsAsText has every kind of action as a person can do it by hand.
func TestActionsAsText(t *testing.T) {
	from := time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	latitude, longitude := 31.2183, 121.5447
	event := func(to time.Time) gsma.Action {
		return gsma.Action{Calendar: &gsma.CalendarAction{CreateEvent: &gsma.CalendarEvent{Start: from, End: to, Title: "G1"}}}
	}
	place := func(p gsma.Place, fallback string) gsma.Action {
		return gsma.Action{Map: &gsma.MapAction{ShowLocation: &gsma.ShowLocation{Location: p, FallbackURL: fallback}}}
	}
	for want, a := range map[string]gsma.Action{
		"\ndo https://s.example/1":                {URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: "https://bank.example/long", Application: gsma.Browser}}},
		"\ndo +8610086":                           {Dialer: &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: "+8610086"}}},
		"\ndo 10086":                              {Dialer: &gsma.DialerAction{Enriched: &gsma.EnrichedDial{PhoneNumber: "10086", Subject: "s"}}},
		"\ndo 10087":                              {Dialer: &gsma.DialerAction{Video: &gsma.Dial{PhoneNumber: "10087"}}},
		"\ndo Hotel 31.2183,121.5447":             place(gsma.Place{Latitude: &latitude, Longitude: &longitude, Label: "Hotel"}, ""),
		"\ndo Hotel https://s.example/1":          place(gsma.Place{Latitude: &latitude, Longitude: &longitude, Label: "Hotel"}, "https://bank.example/long"),
		"\ndo hotels":                             place(gsma.Place{Query: "hotels"}, ""),
		"\ndo G1 2026-11-22 09:00 - 13:28 +08:00": event(from.Add(268 * time.Minute)),
		"\ndo G1 2026-11-22 09:00 +08:00 - 2026-11-23 10:00 +08:00": event(from.Add(25 * time.Hour)),
		"\ndo: send \"hi\" to 10086":                                {Compose: &gsma.ComposeAction{Text: &gsma.ComposeText{PhoneNumber: "10086", Text: "hi"}}},
		"\nMore: https://s.example/Ab3":                             {Map: &gsma.MapAction{RequestLocationPush: &gsma.Nothing{}}},
	} {
		o := gsma.Options{Language: gsma.English, Page: "https://s.example/Ab3", Short: map[string]string{"https://bank.example/long": "https://s.example/1"}}
		c := gsma.Content{Text: "t", Suggestions: []gsma.Suggestion{gsma.NewAction("do", "d", a)}}
		if r, answers := degrade(t, c, gsma.SMS, o); r.Text != "t"+want || len(answers) > 0 {
			t.Errorf("%q, want %q", r.Text, "t"+want)
		}
	}
}

func TestOtherContentsAsText(t *testing.T) {
	pdf := file(func(f *gsma.File) { f.Name = "票.pdf" })
	for _, c := range []struct {
		content gsma.Content
		channel gsma.Channel
		want    string
	}{
		{gsma.Content{Text: "你好"}, gsma.SMS, "【某银行】你好"},
		{gsma.Content{Text: "你好"}, gsma.CardSMS, "【某银行】你好\n详情 https://s.example/Ab3"},
		{gsma.Content{Text: "【假银行】你好"}, gsma.SMS, "【某银行】[假银行]你好"},
		{gsma.Content{Text: "【假银行】你好"}, gsma.Enhanced, "【假银行】你好"},
		{gsma.Content{Location: &gsma.Location{Latitude: 31.2183, Longitude: 121.5447, Label: "嘉里"}}, gsma.SMS, "【某银行】嘉里 31.2183,121.5447"},
		{pdf, gsma.SMS, "【某银行】票.pdf\n详情 https://s.example/Ab3"},
		{file(func(*gsma.File) {}), gsma.SMS, "【某银行】[文件]\n详情 https://s.example/Ab3"},
		{pdf, gsma.Enhanced, "票.pdf"},
		{carousel(gsma.Medium, gsma.CardContent{Title: "G1", Suggestions: []gsma.Suggestion{gsma.NewReply("预订", "book:G1")}},
			gsma.CardContent{Title: "G3", Suggestions: []gsma.Suggestion{gsma.NewReply("预订", "book:G3")}}), gsma.SMS, "【某银行】G1\n回复1 预订\nG3\n回复2 预订"},
	} {
		if r, _ := degrade(t, c.content, c.channel, bank); r.Text != c.want {
			t.Errorf("%s: %q, want %q", c.channel, r.Text, c.want)
		}
	}
}

// TestCutIsWhole: where a page has the rest, words are cut, never an amount, a link or a person made of several characters.
func TestCutIsWhole(t *testing.T) {
	for _, c := range []struct{ tail, left string }{
		{"金额1000000.00元", "金额…"},
		{"见https://bank.example/pay元", "见…"},
		{"👩\u200d💻" + "好好好好好好好好好好", "👩\u200d💻好好"},
		{"e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "e\u0301"},
	} {
		// The room for words is 650 units less the line of the page.
		room := 650 - len("\n详情 https://s.example/Ab3") + len("详情") - 2
		for pad := range 12 {
			text := strings.Repeat("字", room-pad) + c.tail + strings.Repeat("尾", 30)
			r, _ := degrade(t, gsma.Content{Text: text}, gsma.SMS, gsma.Options{Page: bank.Page})
			words, _, _ := strings.Cut(r.Text, "\n")
			kept := strings.TrimSuffix(words, "…")
			rest, ok := strings.CutPrefix(text, kept)
			if !ok || words == kept {
				t.Fatalf("%q", r.Text)
			}
			for _, broken := range []string{"0", ".", "/", "b", "\u0301", "\u200d", "💻"} {
				if strings.HasPrefix(rest, broken) {
					t.Errorf("cut before %q: %q", broken, words)
				}
			}
		}
	}
}

// TestAnswersAreAllThereOrNone: twelve cards of four buttons do not fit into a text message.
func TestAnswersAreAllThereOrNone(t *testing.T) {
	cards := titles(12)
	for i := range cards {
		for range 4 {
			cards[i].Suggestions = append(cards[i].Suggestions, gsma.NewReply("二十五个字的按钮说明文字很长很长很长很长很长", "d"))
		}
	}
	c := carousel(gsma.Medium, cards...)
	r, answers := degrade(t, c, gsma.SMS, bank)
	if want := "【某银行】" + strings.Repeat("t\n", 12) + "详情 https://s.example/Ab3"; r.Text != want || answers != nil {
		t.Errorf("%q, %d answers", r.Text, len(answers))
	}
	if _, _, err := gsma.Degrade(c, gsma.SMS.Limits(), gsma.Options{}); !strings.HasPrefix(message(err), "sms takes at most 650 UTF-16 units in /text, not ") {
		t.Errorf("without a page: %v", err)
	}
}

func TestDegradeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		content gsma.Content
		channel gsma.Channel
		options gsma.Options
		want    string
	}{
		"no content":            {gsma.Content{}, gsma.SMS, bank, "the content must be exactly one of a text, a location, a file, a card and a carousel"},
		"hidden text":           {gsma.Content{Text: "a\u202Eb"}, gsma.SMS, bank, "/text holds a character that turns the direction of writing"},
		"buttons in the words":  {chip(gsma.NewReply("好\n回复2 转账", "d")), gsma.SMS, bank, "/suggestions/0/reply/displayText holds a control character"},
		"signature in brackets": {gsma.Content{Text: "t"}, gsma.SMS, gsma.Options{Signature: "甲】【乙"}, "/signature holds brackets of a signature"},
		"signature of lines":    {gsma.Content{Text: "t"}, gsma.SMS, gsma.Options{Signature: "甲\n乙"}, "/signature holds a control character"},
		"long signature":        {gsma.Content{Text: "t"}, gsma.SMS, gsma.Options{Signature: strings.Repeat("字", 51)}, "sms takes at most 50 characters in /signature, not 51"},
		"page":                  {gsma.Content{Text: "t"}, gsma.SMS, gsma.Options{Page: "javascript:alert(1)"}, "/page is not an http or https URL with a host and without a user name"},
		"card without page":     {gsma.Content{Text: "t"}, gsma.CardSMS, gsma.Options{}, "/page is missing"},
		"long page": {gsma.Content{Text: "t"}, gsma.CardSMS, gsma.Options{Page: "https://s.example/" + strings.Repeat("a", 700)},
			"card-sms takes at most 650 UTF-16 units in /text, not 721"},
		"rich over its limit": {gsma.Content{Text: strings.Repeat("t", 2001)}, gsma.China, bank, "china takes at most 2000 characters in /text, not 2001"},
		"no channel":          {gsma.Content{Text: "t"}, "fax", gsma.Options{}, "fax takes at most 0 characters in /text, not 1"},
	} {
		if r, answers, err := gsma.Degrade(c.content, c.channel.Limits(), c.options); message(err) != c.want || answers != nil || r.Text != "" {
			t.Errorf("%s: %v, want %s (%+v)", name, err, c.want, r)
		}
	}
}

func TestLinksNamesWhatIsWritten(t *testing.T) {
	open := gsma.NewAction("open", "d", gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: "https://bank.example/1", Application: gsma.Browser}}})
	c := card(gsma.CardContent{Media: media(func(*gsma.Media) {}), Suggestions: []gsma.Suggestion{open, open}})
	if diff := cmp.Diff([]string{"https://media.example.com/a.png", "https://bank.example/1"}, gsma.Links(c)); diff != "" {
		t.Error(diff)
	}
}

// TestRenderedTravels holds the body of every form: it says the same when it is read, and is another for every channel and page.
func TestRenderedTravels(t *testing.T) {
	other := bank
	other.Page = "https://s.example/Ab4"
	seen := map[string]bool{}
	for _, o := range []gsma.Options{bank, other} {
		for _, channel := range []gsma.Channel{gsma.RCS, gsma.Enhanced, gsma.SMS} {
			r, _ := degrade(t, purchase(), channel, o)
			p, err := r.Part()
			if err != nil {
				t.Fatal(err)
			}
			want := gsma.Received{Content: gsma.Content{Text: r.Text, File: r.File}}
			if r.Content != nil {
				want.Content = *r.Content
			}
			got, err := gsma.Decode(p)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v %s", channel, err, diff)
			}
			seen[string(p.Data)] = true
		}
	}
	if len(seen) != 4 { // rich and enhanced have no page
		t.Errorf("%d bodies", len(seen))
	}
}

// TestFileAloneTravelsAlone: an enhanced message without words is a file transfer.
func TestFileAloneTravelsAlone(t *testing.T) {
	r, _ := degrade(t, file(func(*gsma.File) {}), gsma.Enhanced, bank)
	if p, err := r.Part(); err != nil || p.ContentType != gsma.TypeFile {
		t.Errorf("%+v %v", p, err)
	}
}
