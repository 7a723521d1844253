package web

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"simtrust/messaging/gsma"
)

// Content is what a business message says, as a page draws it: text, a place, a file or cards, and the chips below.
type Content struct {
	Text  string
	Place *Place
	File  *File
	Cards []MessageCard
	// Small: cards of a carousel are narrow.
	Small bool
	Chips []Button
}

// Place is a point on a map, for which a drawing stands: nothing is loaded from map services.
type Place struct{ Label, Latitude, Longitude, URL string }

// File is a picture, film or sound that is loaded from where its sender put it, or something to be opened.
type File struct {
	URL, Name, Description string
	// Kind is image, video, audio or other.
	Kind      string
	Thumbnail string
	// Height is short, medium or tall, on cards.
	Height string
}

// MessageCard is one card.
type MessageCard struct {
	Media       *File
	Title, Text string
	// Side: the picture stands beside the words, on the Right or else on the left.
	Side, Right bool
	Buttons     []Button
}

// Button is a suggestion. It leads to URL, or it is an answer, whose words and postback are sent.
type Button struct {
	Text, URL, Postback string
	// Action tells an answer that is an action from a reply.
	Action bool
	// Press: the page has a form that the answer is sent by.
	Press bool
}

// ContentOf draws a content. Answers are for a page with a form; a link's page shows them as what they are.
func ContentOf(c gsma.Content) Content {
	out := Content{Text: c.Text, Chips: buttons(c.Suggestions)}
	if l := c.Location; l != nil {
		out.Place = &Place{Label: l.Label, Latitude: degrees(l.Latitude), Longitude: degrees(l.Longitude), URL: l.URI()}
	}
	if f := c.File; f != nil {
		out.File = &File{URL: f.URL, Name: f.Name, Kind: mediaKind(f.ContentType)}
		if f.Thumbnail != nil {
			out.File.Thumbnail = f.Thumbnail.URL
		}
	}
	switch {
	case c.Card != nil:
		card := cardOf(c.Card.Content)
		card.Side, card.Right = c.Card.Layout.Orientation == gsma.Horizontal, c.Card.Layout.Alignment == gsma.Right
		out.Cards = []MessageCard{card}
	case c.Carousel != nil:
		out.Small = c.Carousel.Layout.Width == gsma.Small
		for _, card := range c.Carousel.Content {
			out.Cards = append(out.Cards, cardOf(card))
		}
	}
	return out
}

func cardOf(c gsma.CardContent) MessageCard {
	card := MessageCard{Title: c.Title, Text: c.Description, Buttons: buttons(c.Suggestions)}
	if m := c.Media; m != nil {
		height, _, _ := strings.Cut(strings.ToLower(string(m.Height)), "_")
		card.Media = &File{URL: m.URL, Kind: cardKind(m.ContentType), Thumbnail: m.ThumbnailURL, Description: m.Description, Height: height}
	}
	return card
}

// cardKind takes what nobody told the type of for a picture: that is what cards have.
func cardKind(contentType string) string {
	if contentType == "application/octet-stream" {
		return "image"
	}
	return mediaKind(contentType)
}

func mediaKind(contentType string) string {
	kind, _, _ := strings.Cut(contentType, "/")
	if !slices.Contains([]string{"image", "video", "audio"}, kind) {
		return "other"
	}
	return kind
}

func buttons(list []gsma.Suggestion) []Button {
	var out []Button
	for _, s := range list {
		choice := s.Choice()
		if choice == nil {
			continue
		}
		b := Button{Text: choice.DisplayText, Action: s.Action != nil}
		if choice.Postback != nil {
			b.Postback = choice.Postback.Data
		}
		if s.Action != nil {
			b.URL = actionURL(s.Action)
		}
		out = append(out, b)
	}
	return out
}

// actionURL is what a browser can do of an action; empty: nothing.
func actionURL(a *gsma.Action) string {
	switch {
	case a.URL != nil && a.URL.OpenURL != nil:
		return a.URL.OpenURL.URL
	case a.Dialer != nil && a.Dialer.Phone != nil:
		return "tel:" + a.Dialer.Phone.PhoneNumber
	case a.Dialer != nil && a.Dialer.Enriched != nil:
		return "tel:" + a.Dialer.Enriched.PhoneNumber
	case a.Dialer != nil && a.Dialer.Video != nil:
		return "tel:" + a.Dialer.Video.PhoneNumber
	case a.Map != nil && a.Map.ShowLocation != nil:
		return placeURL(a.Map.ShowLocation)
	case a.Compose != nil && a.Compose.Text != nil:
		return "sms:" + a.Compose.Text.PhoneNumber + "?body=" + url.PathEscape(a.Compose.Text.Text)
	}
	return ""
}

func placeURL(l *gsma.ShowLocation) string {
	switch p := l.Location; {
	case p.Latitude != nil && p.Longitude != nil:
		return fmt.Sprintf("geo:%s,%s", degrees(*p.Latitude), degrees(*p.Longitude))
	case l.FallbackURL != "":
		return l.FallbackURL
	default:
		return "geo:0,0?q=" + url.QueryEscape(p.Query)
	}
}

func degrees(d float64) string { return strconv.FormatFloat(d, 'f', -1, 64) }

// inPolicy is a host that means itself in a policy (CSP Level 3, host-source): one with a semicolon would be a directive, one with a star many.
var inPolicy = regexp.MustCompile(`^([0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?$`)

// sources are the origins from which a content's media are loaded.
func (c Content) sources() []string {
	var list []string
	add := func(f *File) {
		if f == nil {
			return
		}
		for _, raw := range []string{f.URL, f.Thumbnail} {
			if u, err := url.Parse(raw); err == nil && inPolicy.MatchString(u.Host) && (u.Scheme == "https" || u.Scheme == "http") && f.Kind != "other" {
				list = append(list, u.Scheme+"://"+u.Host)
			}
		}
	}
	add(c.File)
	for _, card := range c.Cards {
		add(card.Media)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Message is a business message as a page, for whoever got it as text.
type Message struct {
	Sender, Brand string
	// Verified: the sender stands now.
	Verified bool
	// Logins: the message itself has links that log its recipient in; those of the page do not.
	Logins  bool
	Content Content
}

// OneTap asks a person whether to be logged in at an app that a message opens. The form posts nothing to Action.
type OneTap struct {
	Sender, Brand string
	App           string
	Action        string
	// Target is the origin to which the answer leads.
	Target string
}

// OneTapUsed says that a link has logged its person in before.
type OneTapUsed struct{}

// LostMessage says that a short link leads nowhere, or not any more.
type LostMessage struct{}

func (OneTap) page() string               { return "onetap.html" }
func (o OneTap) formTargets() []string    { return []string{o.Target} }
func (OneTapUsed) page() string           { return "onetapused.html" }
func (OneTapUsed) formTargets() []string  { return nil }
func (Message) page() string              { return "message.html" }
func (Message) formTargets() []string     { return nil }
func (m Message) sources() []string       { return m.Content.sources() }
func (LostMessage) page() string          { return "lostmessage.html" }
func (LostMessage) formTargets() []string { return nil }
