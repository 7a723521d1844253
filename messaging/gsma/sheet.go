package gsma

import (
	"strings"
	"time"
)

// sheet is a content on its way to a text: blocks of words, each with the lines below it that are whole or not there.
type sheet struct {
	limits  Limits
	options Options
	words   *words
	blocks  []block
	replies []*Choice
	// more says that something is only on the page.
	more bool
	// links gathers what could be shortened.
	links *linkList
}

// block is a card, or a text, or the chip list.
type block struct {
	words string
	lines []line
}

// line is a line of text, or the numbered answer with this index.
type line struct {
	text   string
	answer int // -1: a text
}

// write lays a content out; sent is the file that goes along and needs no line.
func (s *sheet) write(c *Content, sent *File) {
	switch {
	case c.Location != nil:
		s.block(s.place(c.Location.Label, c.Location.Latitude, c.Location.Longitude))
	case c.File != nil:
		s.block(c.File.Name)
		s.media(c.File.URL, c.File.ContentType, sent)
	case c.Text != "":
		s.block(c.Text)
	}
	for card := range c.cards() {
		s.card(card, sent)
	}
	s.block("")
	s.suggestions(c.Suggestions)
}

func (s *sheet) card(c *CardContent, sent *File) {
	s.block(joinLines(c.Title, c.Description))
	if c.Media != nil {
		s.media(c.Media.URL, c.Media.ContentType, sent)
	}
	s.suggestions(c.Suggestions)
}

func (s *sheet) block(words string) { s.blocks = append(s.blocks, block{words: s.content(words)}) }

func (s *sheet) line(parts ...string) { s.append(line{joinParts(parts), -1}) }

func (s *sheet) append(l line) {
	b := &s.blocks[len(s.blocks)-1]
	b.lines = append(b.lines, l)
}

// content takes the brackets of signatures from what a sender wrote, where the message is signed with them.
func (s *sheet) content(text string) string {
	if !s.signs() {
		return text
	}
	return plainBrackets.Replace(text)
}

var plainBrackets = strings.NewReplacer(openSignature, "[", closeSignature, "]")

func (s *sheet) signs() bool { return s.limits.Channel == SMS || s.limits.Channel == CardSMS }

// media writes where a file is, unless it goes along or the page shows it.
func (s *sheet) media(url, contentType string, sent *File) {
	switch {
	case sent != nil && sent.URL == url:
	case s.options.Page != "":
		s.more = true
		if b := &s.blocks[len(s.blocks)-1]; b.words == "" {
			b.words = s.words.media(contentType)
		}
	default:
		s.line(s.words.media(contentType), s.short(url))
	}
}

func (s *sheet) short(url string) string {
	if s.links != nil {
		s.links.add(url)
	}
	if short, ok := s.options.Short[url]; ok {
		return short
	}
	return url
}

func (s *sheet) place(label string, latitude, longitude float64) string {
	return joinParts([]string{label, decimal(latitude) + "," + decimal(longitude)})
}

func (s *sheet) suggestions(list []Suggestion) {
	for i := range list {
		switch kind := list[i].Kind(); kind {
		case KindReply:
			s.append(line{answer: len(s.replies)})
			s.replies = append(s.replies, list[i].Reply)
		case KindUnknown:
			s.more = true
		default:
			s.action(kind, list[i].Action)
		}
	}
}

// action writes what a person can do by hand. What only a client can do (send its place, a recording, particulars of the device or a
// setting) is left to the page.
func (s *sheet) action(k Kind, a *Action) {
	text := s.content(a.DisplayText)
	switch k {
	case KindOpenURL:
		s.line(text, s.short(a.URL.OpenURL.URL))
	case KindDialPhoneNumber:
		s.line(text, a.Dialer.Phone.PhoneNumber)
	case KindDialVideoCall:
		s.line(text, a.Dialer.Video.PhoneNumber)
	case KindDialEnrichedCall:
		s.line(text, a.Dialer.Enriched.PhoneNumber)
	case KindShowLocation:
		s.showLocation(text, a.Map.ShowLocation)
	case KindCreateCalendarEvent:
		e := a.Calendar.CreateEvent
		s.line(text, s.content(e.Title), period(e.Start, e.End))
	case KindComposeTextMessage:
		s.line(s.content(s.words.draft(text, a.Compose.Text)))
	default:
		s.more = true
	}
}

func (s *sheet) showLocation(text string, l *ShowLocation) {
	switch p := &l.Location; {
	case l.FallbackURL != "":
		s.line(text, s.content(p.Label), s.short(l.FallbackURL))
	case p.Query != "":
		s.line(text, s.content(p.Query))
	default:
		s.line(text, s.place(s.content(p.Label), *p.Latitude, *p.Longitude))
	}
}

// period writes times as the sender has them, with their distance to UTC.
func period(start, end time.Time) string {
	const day, clock, zone = "2006-01-02", " 15:04", " -07:00"
	from := start.Format(day + clock)
	if start.Format(day+zone) == end.Format(day+zone) {
		return from + " -" + end.Format(clock+zone)
	}
	return from + start.Format(zone) + " - " + end.Format(day+clock+zone)
}

func joinParts(parts []string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, " ")
}

func joinLines(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n" + b
}
