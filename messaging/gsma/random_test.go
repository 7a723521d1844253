package gsma_test

import (
	"math/rand/v2"
	"strings"
	"time"

	"simtrust/messaging/gsma"
)

// source makes contents that the schema accepts, short and at the limits, in several scripts.
type source struct{ *rand.Rand }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 5))} }

var atoms = []string{
	"a", "Z", "7", " ", ".", "￥", "消", "费", "，", "中国", "é", "e\u0301", "👍", "👩\u200d💻", "🇨🇳", "１２", "₂", "€", "[", "ß", "https://bank.example/pay",
}

// text has up to most characters, of one line and without joiners where it is a line.
func (s source) text(most int, line bool) string {
	want := 1 + s.IntN(most)
	if s.IntN(4) == 0 {
		want = most
	}
	var b strings.Builder
	n := 0
	for n < want {
		atom := atoms[s.IntN(len(atoms))]
		if !line && s.IntN(20) == 0 {
			atom = "【假】\n"
		}
		if line {
			atom = strings.ReplaceAll(atom, "\u200d", "")
		}
		size := gsma.Characters.Count(atom)
		if n+size > want {
			atom, size = "x", 1
		}
		b.WriteString(atom)
		n += size
	}
	return b.String()
}

func (s source) coin() bool { return s.IntN(2) == 0 }

// maybe returns a line or nothing.
func (s source) maybe(most int) string {
	if s.coin() {
		return ""
	}
	return s.text(most, true)
}

func pick[T any](s source, of ...T) T { return of[s.IntN(len(of))] }

func (s source) url() string {
	return "https://media.example.com/" + strings.Repeat("p", s.IntN(60)) + string(rune('a'+s.IntN(26)))
}

func (s source) phone() string { return pick(s, "+8613800000001", "10086", "+4930123456") }

func (s source) content() gsma.Content {
	var c gsma.Content
	switch s.IntN(8) {
	case 0:
		c.Location = s.location()
	case 1:
		c.File = s.file()
	case 2, 3:
		c.Text = s.text(2000, false)
	case 4, 5:
		c.Card = &gsma.Card{Layout: s.cardLayout(), Content: s.card()}
	default:
		c.Carousel = s.carousel()
	}
	if s.coin() {
		c.Suggestions = s.suggestions(11)
	}
	return c
}

func (s source) location() *gsma.Location {
	return &gsma.Location{
		Latitude: s.Float64()*180 - 90, Longitude: float64(s.IntN(361) - 180), System: pick(s, "", "gcj02", "wgs84"),
		Uncertainty: pick(s, 0, 10, 0.5), Label: s.maybe(100),
	}
}

func (s source) file() *gsma.File {
	f := &gsma.File{FileInfo: gsma.FileInfo{
		URL: s.url(), ContentType: pick(s, "image/jpeg", "application/pdf"), Size: 1 + s.Int64N(1<<20), Name: strings.TrimSpace(s.maybe(255)),
		Until: pick(s, time.Time{}, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)),
	}}
	if s.coin() {
		f.Thumbnail = &gsma.FileInfo{URL: s.url(), ContentType: "image/png", Size: 1 + s.Int64N(1<<16)}
	}
	return f
}

func (s source) fonts() (f gsma.Fonts) {
	if s.coin() {
		f.Title = []gsma.FontStyle{gsma.Bold, gsma.Italics}
	}
	if s.coin() {
		f.Description, f.Style = []gsma.FontStyle{gsma.Underline}, s.url()
	}
	return f
}

func (s source) cardLayout() gsma.CardLayout {
	if s.coin() {
		return gsma.CardLayout{Orientation: gsma.Vertical, Fonts: s.fonts()}
	}
	return gsma.CardLayout{Orientation: gsma.Horizontal, Alignment: pick(s, gsma.Left, gsma.Right), Fonts: s.fonts()}
}

func (s source) carousel() *gsma.Carousel {
	c := &gsma.Carousel{Layout: gsma.CarouselLayout{Width: pick(s, gsma.Small, gsma.Medium), Fonts: s.fonts()}}
	for range 2 + s.IntN(11) {
		card := s.card()
		if card.Media != nil && c.Layout.Width == gsma.Small {
			card.Media.Height = gsma.Short
		}
		c.Content = append(c.Content, card)
	}
	return c
}

func (s source) card() (c gsma.CardContent) {
	c.Title = s.maybe(200)
	if c.Title == "" || s.coin() {
		c.Description = s.text(2000, false)
	}
	if s.coin() {
		c.Media = s.media()
	}
	if s.coin() {
		c.Suggestions = s.suggestions(4)
	}
	return c
}

func (s source) media() *gsma.Media {
	m := &gsma.Media{
		URL: s.url(), ContentType: pick(s, "image/png", "video/mp4", "audio/amr"), Size: 1 + s.Int64N(1<<20),
		Height: pick(s, gsma.Short, gsma.Middle, gsma.Tall), Description: s.maybe(200),
	}
	if s.coin() {
		m.ThumbnailURL, m.ThumbnailContentType, m.ThumbnailSize = s.url(), "image/png", 1+s.Int64N(1<<16)
	}
	return m
}

func (s source) suggestions(most int) (list []gsma.Suggestion) {
	for range 1 + s.IntN(most) {
		text, data := s.text(25, true), s.text(40, true)
		if s.coin() {
			list = append(list, gsma.NewReply(text, data))
		} else {
			list = append(list, gsma.NewAction(text, data, s.action()))
		}
	}
	return list
}

func (s source) action() gsma.Action {
	from := time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("", 8*3600))
	latitude, longitude := s.Float64()*180-90, s.Float64()*360-180
	nothing := &gsma.Nothing{}
	return pick(s,
		gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: s.url(), Application: gsma.Browser}}},
		gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: s.url(), Application: gsma.WebView, ViewMode: gsma.ViewHalf, Parameters: s.maybe(200)}}},
		gsma.Action{Dialer: &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: s.phone(), FallbackURL: pick(s, "", s.url())}}},
		gsma.Action{Dialer: &gsma.DialerAction{Enriched: &gsma.EnrichedDial{PhoneNumber: s.phone(), Subject: s.maybe(60)}}},
		gsma.Action{Dialer: &gsma.DialerAction{Video: &gsma.Dial{PhoneNumber: s.phone()}}},
		gsma.Action{Map: &gsma.MapAction{ShowLocation: &gsma.ShowLocation{Location: gsma.Place{Latitude: &latitude, Longitude: &longitude, Label: s.maybe(100)}}}},
		gsma.Action{Map: &gsma.MapAction{ShowLocation: &gsma.ShowLocation{Location: gsma.Place{Query: s.text(200, true)}, FallbackURL: s.url()}}},
		gsma.Action{Map: &gsma.MapAction{RequestLocationPush: nothing}},
		gsma.Action{Calendar: &gsma.CalendarAction{CreateEvent: &gsma.CalendarEvent{
			Start: from, End: from.Add(time.Duration(s.IntN(100)) * time.Hour), Title: s.text(100, true), Description: s.maybe(500)}}},
		gsma.Action{Compose: &gsma.ComposeAction{Text: &gsma.ComposeText{PhoneNumber: s.phone(), Text: s.text(100, false)}}},
		gsma.Action{Compose: &gsma.ComposeAction{Recording: &gsma.ComposeRecording{PhoneNumber: s.phone(), Type: gsma.Video}}},
		gsma.Action{Device: &gsma.DeviceAction{RequestSpecifics: nothing}},
		gsma.Action{Settings: &gsma.SettingsAction{DisableAnonymization: nothing}},
		gsma.Action{Settings: &gsma.SettingsAction{EnableDisplayedNotifications: nothing}},
	)
}
