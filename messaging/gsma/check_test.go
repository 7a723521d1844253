package gsma_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

func card(c gsma.CardContent) gsma.Content {
	return gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Vertical}, Content: c}}}
}

func carousel(w gsma.Width, cards ...gsma.CardContent) gsma.Content {
	return gsma.Content{RichCard: gsma.RichCard{Carousel: &gsma.Carousel{Layout: gsma.CarouselLayout{Width: w}, Content: cards}}}
}

func titles(n int) []gsma.CardContent {
	cards := make([]gsma.CardContent, n)
	for i := range cards {
		cards[i].Title = "t"
	}
	return cards
}

func media(change func(*gsma.Media)) *gsma.Media {
	m := &gsma.Media{URL: "https://media.example.com/a.png", ContentType: "image/png", Size: 1, Height: gsma.Short}
	change(m)
	return m
}

func file(change func(*gsma.File)) gsma.Content {
	f := &gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/a.pdf", ContentType: "application/pdf", Size: 1}}
	change(f)
	return gsma.Content{File: f}
}

// chip is a text with one suggestion below it.
func chip(s gsma.Suggestion) gsma.Content {
	return gsma.Content{Text: "t", Suggestions: []gsma.Suggestion{s}}
}

func action(a gsma.Action) gsma.Content { return chip(gsma.NewAction("a", "d", a)) }

func over(channel gsma.Channel, field string, limit, got int64, u gsma.Unit) error {
	return &gsma.LimitError{Channel: channel, Field: field, Limit: limit, Got: got, Unit: u}
}

func bad(field, why string) error { return &gsma.FormatError{Field: field, Why: why} }

const (
	cardField     = "/message/generalPurposeCard"
	carouselField = "/message/generalPurposeCardCarousel"
)

// TestLimitsOfChannels has one field over its limit by one, at each channel where standards differ.
func TestLimitsOfChannels(t *testing.T) {
	text := func(n int) gsma.Content { return gsma.Content{Text: strings.Repeat("字", n)} }
	thumbnail := func(size int64) gsma.Content {
		return card(gsma.CardContent{Media: media(func(m *gsma.Media) {
			m.ThumbnailURL, m.ThumbnailContentType, m.ThumbnailSize = "https://media.example.com/t.png", "image/png", size
		})})
	}
	const thumb = cardField + "/content/media/thumbnailFileSize"
	for _, c := range []struct {
		name    string
		channel gsma.Channel
		content gsma.Content
		want    error
	}{
		{"text", gsma.RCS, text(3072), nil},
		{"text", gsma.RCS, text(3073), over(gsma.RCS, "/text", 3072, 3073, gsma.Characters)},
		{"text", gsma.Google, text(3072), nil},
		{"text", gsma.Google, text(3073), over(gsma.Google, "/text", 3072, 3073, gsma.Characters)},
		{"text", gsma.China, text(2001), over(gsma.China, "/text", 2000, 2001, gsma.Characters)},
		{"text", gsma.Enhanced, text(2001), over(gsma.Enhanced, "/text", 2000, 2001, gsma.Characters)},
		{"text", gsma.SMS, text(650), nil},
		{"text", gsma.SMS, text(651), over(gsma.SMS, "/text", 650, 651, gsma.UTF16)},
		{"emoji count twice", gsma.SMS, gsma.Content{Text: strings.Repeat("👍", 326)}, over(gsma.SMS, "/text", 650, 652, gsma.UTF16)},
		{"cards", gsma.RCS, carousel(gsma.Medium, titles(12)...), nil},
		{"cards", gsma.RCS, carousel(gsma.Medium, titles(13)...), over(gsma.RCS, carouselField+"/content", 12, 13, gsma.Items)},
		{"cards", gsma.China, carousel(gsma.Medium, titles(12)...), nil},
		{"cards", gsma.Google, carousel(gsma.Medium, titles(11)...), over(gsma.Google, carouselField+"/content", 10, 11, gsma.Items)},
		{"cards", gsma.Enhanced, card(gsma.CardContent{Title: "t"}), over(gsma.Enhanced, cardField, 0, 1, gsma.Items)},
		{"cards", gsma.CardSMS, card(gsma.CardContent{Title: "t"}), over(gsma.CardSMS, cardField, 0, 1, gsma.Items)},
		{"button", gsma.RCS, chip(gsma.NewReply(strings.Repeat("字", 25), "d")), nil},
		{"button", gsma.RCS, chip(gsma.NewReply(strings.Repeat("字", 26), "d")), over(gsma.RCS, "/suggestions/0/reply/displayText", 25, 26, gsma.Characters)},
		{"button in octets", gsma.China, chip(gsma.NewReply(strings.Repeat("字", 8), "d")), nil},
		{"button in octets", gsma.China, chip(gsma.NewReply(strings.Repeat("字", 9), "d")), over(gsma.China, "/suggestions/0/reply/displayText", 25, 27, gsma.Octets)},
		{"chips", gsma.Enhanced, chip(gsma.NewReply("a", "d")), over(gsma.Enhanced, "/suggestions", 0, 1, gsma.Items)},
		{"postback", gsma.RCS, chip(gsma.NewReply("a", strings.Repeat("d", 2049))), over(gsma.RCS, "/suggestions/0/reply/postback/data", 2048, 2049, gsma.Characters)},
		{"thumbnail", gsma.Google, thumbnail(100_000), nil},
		{"thumbnail", gsma.Google, thumbnail(100_001), over(gsma.Google, thumb, 100_000, 100_001, gsma.Octets)},
		{"thumbnail", gsma.China, thumbnail(100_001), nil},
		{"thumbnail", gsma.China, thumbnail(200_001), over(gsma.China, thumb, 200_000, 200_001, gsma.Octets)},
		{"files", gsma.SMS, file(func(*gsma.File) {}), over(gsma.SMS, "/file", 0, 1, gsma.Items)},
		{"files together", gsma.Google, carousel(gsma.Medium,
			gsma.CardContent{Media: media(func(m *gsma.Media) { m.Size = 60 << 20 })}, gsma.CardContent{Media: media(func(m *gsma.Media) { m.Size = 60 << 20 })}),
			over(gsma.Google, "", 100<<20, 120<<20, gsma.Octets)},
		{"location", gsma.Google, gsma.Content{Location: &gsma.Location{}}, bad("/location", "is not what the channel google carries")},
		{"kind", gsma.Google, action(gsma.Action{Device: &gsma.DeviceAction{RequestSpecifics: &gsma.Nothing{}}}),
			bad("/suggestions/0", "is of a kind that the channel google does not carry: requestDeviceSpecifics")},
		{"unknown channel", "fax", gsma.Content{Text: "t"}, over("fax", "/text", 0, 1, gsma.Characters)},
	} {
		if diff := cmp.Diff(c.want, gsma.Check(c.content, c.channel.Limits())); diff != "" {
			t.Errorf("%s at %s: %s", c.name, c.channel, diff)
		}
	}
}

// TestPayloadOfGoogle has every field within its limit and all of them together over that of the whole.
func TestPayloadOfGoogle(t *testing.T) {
	cards := titles(10)
	for i := range cards {
		cards[i].Description = strings.Repeat("字", 2000)
		for range 4 {
			cards[i].Suggestions = append(cards[i].Suggestions, gsma.NewReply("a", strings.Repeat("字", 2048)))
		}
	}
	err := gsma.Check(carousel(gsma.Medium, cards...), gsma.Google.Limits())
	if e, ok := errors.AsType[*gsma.LimitError](err); !ok || e.Field != "" || e.Limit != 250_000 || e.Unit != gsma.Octets {
		t.Error(err)
	}
}

func TestWhatTheSchemaRefuses(t *testing.T) {
	const why = "is not an http or https URL with a host and without a user name"
	page := func(url string) gsma.Content {
		return action(gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: url, Application: gsma.Browser}}})
	}
	const openURL = "/suggestions/0/action/urlAction/openUrl"
	dial := func(number string) gsma.Content {
		return action(gsma.Action{Dialer: &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: number}}})
	}
	const phone = "/suggestions/0/action/dialerAction/dialPhoneNumber/phoneNumber"
	place := func(p gsma.Place) gsma.Content {
		return action(gsma.Action{Map: &gsma.MapAction{ShowLocation: &gsma.ShowLocation{Location: p}}})
	}
	const location = "/suggestions/0/action/mapAction/showLocation/location"
	event := func(from, to time.Time) gsma.Content {
		return action(gsma.Action{Calendar: &gsma.CalendarAction{CreateEvent: &gsma.CalendarEvent{Start: from, End: to, Title: "t"}}})
	}
	noon, number := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), 1.0
	notOne := bad("/suggestions/0", "is not exactly one reply or action of a known kind")
	for name, c := range map[string]struct {
		content gsma.Content
		want    error
	}{
		"nothing":              {gsma.Content{}, bad("", "must be exactly one of a text, a location, a file, a card and a carousel")},
		"chips alone":          {gsma.Content{Suggestions: []gsma.Suggestion{gsma.NewReply("a", "d")}}, bad("", "must be exactly one of a text, a location, a file, a card and a carousel")},
		"two contents":         {gsma.Content{Text: "t", Location: &gsma.Location{}}, bad("", "must be exactly one of a text, a location, a file, a card and a carousel")},
		"no chip":              {gsma.Content{Text: "t", Suggestions: []gsma.Suggestion{}}, over(gsma.RCS, "/suggestions", 1, 0, gsma.Items)},
		"no display text":      {chip(gsma.NewReply("", "d")), bad("/suggestions/0/reply/displayText", "is missing")},
		"neither":              {chip(gsma.Suggestion{}), notOne},
		"both":                 {chip(gsma.Suggestion{Reply: &gsma.Choice{DisplayText: "a"}, Action: &gsma.Action{}}), notOne},
		"unknown action":       {action(gsma.Action{}), notOne},
		"empty action":         {action(gsma.Action{Map: &gsma.MapAction{}}), notOne},
		"two actions":          {action(gsma.Action{Device: &gsma.DeviceAction{RequestSpecifics: &gsma.Nothing{}}, Settings: &gsma.SettingsAction{DisableAnonymization: &gsma.Nothing{}}}), notOne},
		"an action and a stub": {action(gsma.Action{Device: &gsma.DeviceAction{RequestSpecifics: &gsma.Nothing{}}, Settings: &gsma.SettingsAction{}}), notOne},
		"two of a kind": {action(gsma.Action{Settings: &gsma.SettingsAction{
			DisableAnonymization: &gsma.Nothing{}, EnableDisplayedNotifications: &gsma.Nothing{}}}), notOne},
		"script":          {page("javascript:alert(1)"), bad(openURL+"/url", why)},
		"no host":         {page("https:///path"), bad(openURL+"/url", why)},
		"user name":       {page("https://bank.example@evil.example/"), bad(openURL+"/url", why)},
		"relative":        {page("/path"), bad(openURL+"/url", why)},
		"not ASCII":       {page("https://bänk.example/"), bad(openURL+"/url", why)},
		"backslash":       {page(`https://bank.example\@evil.example/`), bad(openURL+"/url", why)},
		"long URL":        {page("https://bank.example/" + strings.Repeat("a", 2048)), over(gsma.RCS, openURL+"/url", 2048, 2069, gsma.Octets)},
		"no application":  {action(gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: "https://a.example/"}}}), bad(openURL+"/application", "is none of browser, webview")},
		"browser mode":    {action(gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: "https://a.example/", Application: gsma.Browser, ViewMode: gsma.ViewFull}}}), bad(openURL, "has a view mode or parameters without a webview")},
		"number":          {dial("call me"), bad(phone, "is not a telephone number")},
		"injected number": {dial("10086;phone-context=x"), bad(phone, "is not a telephone number")},
		"forwarding":      {dial("**21*+8613800000001#"), bad(phone, "is not a telephone number")},
		"half a point":    {place(gsma.Place{Latitude: &number}), bad(location, "must be exactly one of latitude with longitude and query")},
		"point and query": {place(gsma.Place{Latitude: &number, Longitude: &number, Query: "q"}), bad(location, "must be exactly one of latitude with longitude and query")},
		"no place":        {place(gsma.Place{}), bad(location, "must be exactly one of latitude with longitude and query")},
		"event backwards": {event(noon, noon.Add(-time.Second)), bad("/suggestions/0/action/calendarAction/createCalendarEvent/endTime", "is before the start or no instant of RFC 3339")},
		"event never":     {event(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), bad("/suggestions/0/action/calendarAction/createCalendarEvent/startTime", "is not an instant of RFC 3339")},
		"latitude":        {gsma.Content{Location: &gsma.Location{Latitude: 90.1}}, bad("/location/latitude", "is not between -90 and 90")},
		"no number":       {gsma.Content{Location: &gsma.Location{Longitude: math.NaN()}}, bad("/location/longitude", "is not between -180 and 180")},
		"uncertain":       {gsma.Content{Location: &gsma.Location{Uncertainty: math.Inf(1)}}, bad("/location/uncertainty", "is not a number of metres")},
		"system":          {gsma.Content{Location: &gsma.Location{System: "gcj02;u=1"}}, bad("/location/crs", "is not the name of a reference system")},
		"file type":       {file(func(f *gsma.File) { f.ContentType = "pdf" }), bad("/file/contentType", "is not a media type")},
		"file size":       {file(func(f *gsma.File) { f.Size = -1 }), bad("/file/size", "is missing")},
		"thumbnail size":  {file(func(f *gsma.File) { f.Thumbnail = &gsma.FileInfo{URL: f.URL, ContentType: "image/png"} }), bad("/file/thumbnail/size", "is missing")},
		"orientation":     {gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Content: gsma.CardContent{Title: "t"}}}}, bad(cardField+"/layout/cardOrientation", "is none of VERTICAL, HORIZONTAL")},
		"alignment": {gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Horizontal}, Content: gsma.CardContent{Title: "t"}}}},
			bad(cardField+"/layout/imageAlignment", "is none of LEFT, RIGHT")},
		"tall and small": {carousel(gsma.Small, gsma.CardContent{Title: "t"}, gsma.CardContent{Media: media(func(m *gsma.Media) { m.Height = gsma.Tall })}),
			bad(carouselField+"/content/1/media/height", "is not for cards of small width")},
		"width":              {carousel("", titles(2)...), bad(carouselField+"/layout/cardWidth", "is none of SMALL_WIDTH, MEDIUM_WIDTH")},
		"height":             {card(gsma.CardContent{Media: media(func(m *gsma.Media) { m.Height = "" })}), bad(cardField+"/content/media/height", "is none of SHORT_HEIGHT, MEDIUM_HEIGHT, TALL_HEIGHT")},
		"thumbnail alone":    {card(gsma.CardContent{Media: media(func(m *gsma.Media) { m.ThumbnailSize = 1 })}), bad(cardField+"/content/media/thumbnailUrl", "is missing")},
		"thumbnail halfway":  {card(gsma.CardContent{Media: media(func(m *gsma.Media) { m.ThumbnailURL = m.URL })}), bad(cardField+"/content/media/thumbnailContentType", "is not a media type")},
		"two lines in title": {card(gsma.CardContent{Title: "a\nb"}), bad(cardField+"/content/title", "holds a control character")},
		"turned description": {card(gsma.CardContent{Description: "a\u202Eb"}), bad(cardField+"/content/description", "holds a character that turns the direction of writing")},
		"octets":             {gsma.Content{Text: "\xff"}, bad("/text", "is not UTF-8")},
		"postback octets":    {chip(gsma.NewReply("a", "\xff")), bad("/suggestions/0/reply/postback/data", "is not UTF-8")},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, gsma.Check(c.content, gsma.RCS.Limits())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMenuHasLevels(t *testing.T) {
	entry := gsma.MenuEntry{Suggestion: gsma.NewReply("a", "d")}
	sub := func(n int) gsma.MenuEntry {
		m := &gsma.Menu{DisplayText: "more"}
		for range n {
			m.Entries = append(m.Entries, entry)
		}
		return gsma.MenuEntry{Menu: m}
	}
	menu := func(e ...gsma.MenuEntry) gsma.Menu { return gsma.Menu{Entries: e} }
	deep := menu(gsma.MenuEntry{Menu: &gsma.Menu{DisplayText: "a", Entries: []gsma.MenuEntry{sub(1)}}})
	both := sub(1)
	both.Suggestion = entry.Suggestion
	unnamed := sub(1)
	unnamed.Menu.DisplayText = ""
	for name, c := range map[string]struct {
		menu gsma.Menu
		want error
	}{
		"full":        {menu(sub(5), sub(5), entry), nil},
		"four":        {menu(entry, entry, entry, entry), over(gsma.China, "/entries", 3, 4, gsma.Items)},
		"six below":   {menu(entry, sub(6)), over(gsma.China, "/entries/1/menu/entries", 5, 6, gsma.Items)},
		"empty":       {menu(), over(gsma.China, "/entries", 1, 0, gsma.Items)},
		"three deep":  {deep, over(gsma.China, "/entries/0/menu/entries/0/menu", 2, 3, gsma.Items)},
		"both":        {menu(both), bad("/entries/0", "must be exactly one of a reply, an action and a menu")},
		"without":     {menu(unnamed), bad("/entries/0/menu/displayText", "is missing")},
		"empty entry": {menu(gsma.MenuEntry{}), bad("/entries/0", "is not exactly one reply or action of a known kind")},
	} {
		if diff := cmp.Diff(c.want, gsma.CheckMenu(c.menu, gsma.China.Limits())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if err := gsma.CheckMenu(menu(entry), gsma.SMS.Limits()); !errors.Is(err, gsma.ErrLimit) {
		t.Errorf("a text message has a menu: %v", err)
	}
}

func TestErrorsSayChannelAndLimitAndRepeatNothing(t *testing.T) {
	const secret = "secret-4711"
	for content, want := range map[*gsma.Content]string{
		{Text: strings.Repeat(secret, 100)}: "sms takes at most 650 UTF-16 units in /text, not 1100",
		{Text: secret + "\u202E"}:           "/text holds a character that turns the direction of writing",
	} {
		if got := gsma.Check(*content, gsma.SMS.Limits()).Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	least := &gsma.LimitError{Channel: gsma.RCS, Field: "/suggestions", Limit: 1, Unit: gsma.Items}
	if want := "rcs takes at least 1 items in /suggestions, not 0"; least.Error() != want {
		t.Errorf("%q, want %q", least, want)
	}
}
