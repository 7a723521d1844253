package gsma

import (
	"math"

	"github.com/go-json-experiment/json"
)

// Check holds a content against the schema of RCC.07, the rules of safe text and the limits of a channel. It returns the first thing
// wrong, a *LimitError or a *FormatError, whose field is a JSON pointer into the JSON of the content; it changes nothing. A content
// that is within the limits of a poorer channel needs no Degrade; most are not, and are no worse for it.
func Check(c Content, l Limits) error {
	k := checker{l: l}
	k.content(&c)
	k.files(&c)
	if k.err == nil && l.Payload > 0 {
		k.payload(&c)
	}
	return k.err
}

// CheckMenu holds the menu of a chatbot against the limits of a channel.
func CheckMenu(m Menu, l Limits) error {
	k := checker{l: l}
	k.menu(nil, &m, 0)
	return k.err
}

func (k *checker) content(c *Content) {
	k.one(nil, c)
	root := (*pointer)(nil)
	switch {
	case c.Location != nil:
		k.location(root.at("location"), c.Location)
	case c.File != nil:
		k.file(root.at("file"), c.File)
	case c.Card != nil:
		k.card(root.at("message").at("generalPurposeCard"), c.Card)
	case c.Carousel != nil:
		k.carousel(root.at("message").at("generalPurposeCardCarousel"), c.Carousel)
	default:
		k.body(root.at("text"), c.Text, k.l.Text)
	}
	if c.Suggestions != nil {
		k.suggestions(root.at("suggestions"), c.Suggestions, k.l.Suggestions)
	}
}

func (k *checker) one(p *pointer, c *Content) {
	n := 0
	for _, there := range [...]bool{c.Text != "", c.Location != nil, c.File != nil, c.Card != nil, c.Carousel != nil} {
		if there {
			n++
		}
	}
	if n != 1 {
		k.malformed(p, "must be exactly one of a text, a location, a file, a card and a carousel")
	}
}

func (k *checker) location(p *pointer, l *Location) {
	if !k.l.Location {
		k.malformed(p, "is not what the channel "+string(k.l.Channel)+" carries")
	}
	k.point(p, l.Latitude, l.Longitude)
	if l.System != "" && !isSystem(l.System) {
		k.malformed(p.at("crs"), "is not the name of a reference system")
	}
	if !(l.Uncertainty >= 0 && l.Uncertainty <= math.MaxFloat32) {
		k.malformed(p.at("uncertainty"), "is not a number of metres")
	}
	k.line(p.at("label"), l.Label, Length{maxLabel, Characters})
}

func (k *checker) point(p *pointer, latitude, longitude float64) {
	if !(latitude >= -90 && latitude <= 90) {
		k.malformed(p.at("latitude"), "is not between -90 and 90")
	}
	if !(longitude >= -180 && longitude <= 180) {
		k.malformed(p.at("longitude"), "is not between -180 and 180")
	}
}

func (k *checker) file(p *pointer, f *File) {
	k.count(p, 1, int64(k.l.Files), Items)
	k.fileInfo(p, &f.FileInfo, k.l.AllFiles)
	if f.Thumbnail != nil {
		k.fileInfo(p.at("thumbnail"), f.Thumbnail, k.l.Thumbnail)
	}
}

func (k *checker) fileInfo(p *pointer, f *FileInfo, most int64) {
	k.link(p.at("url"), f.URL)
	k.mediaType(p.at("contentType"), f.ContentType)
	k.octets(p.at("size"), f.Size, most)
	k.line(p.at("name"), f.Name, Length{maxFileName, Characters})
	if y := f.Until.Year(); y < 1 || y > 9999 {
		k.malformed(p.at("until"), "is not an instant of RFC 3339")
	}
}

// files holds the sum of everything that the content names.
func (k *checker) files(c *Content) {
	if k.err != nil || k.l.AllFiles == 0 {
		return
	}
	var sum int64
	for m := range c.media() {
		sum += m.Size + m.ThumbnailSize
	}
	if f := c.File; f != nil {
		sum += f.Size
		if f.Thumbnail != nil {
			sum += f.Thumbnail.Size
		}
	}
	k.count(nil, sum, k.l.AllFiles, Octets)
}

func (k *checker) payload(c *Content) {
	b, err := json.Marshal(c)
	if err != nil {
		k.malformed(nil, "is not JSON")
	}
	k.count(nil, int64(len(b)), int64(k.l.Payload), Octets)
}

func (k *checker) menu(p *pointer, m *Menu, level int) {
	if level >= len(k.l.Menu) {
		k.count(p, int64(level)+1, int64(len(k.l.Menu)), Items)
		return
	}
	entries := p.at("entries")
	k.least(entries, int64(len(m.Entries)), 1, Items)
	k.count(entries, int64(len(m.Entries)), int64(k.l.Menu[level]), Items)
	for i := range m.Entries {
		k.menuEntry(entries.item(i), &m.Entries[i], level)
	}
}

func (k *checker) menuEntry(p *pointer, e *MenuEntry, level int) {
	if e.Menu == nil {
		k.suggestion(p, &e.Suggestion)
		return
	}
	if e.Reply != nil || e.Action != nil {
		k.malformed(p, "must be exactly one of a reply, an action and a menu")
	}
	sub := p.at("menu")
	k.needed(sub.at("displayText"), e.Menu.DisplayText)
	k.line(sub.at("displayText"), e.Menu.DisplayText, k.l.DisplayText)
	k.menu(sub, e.Menu, level+1)
}
