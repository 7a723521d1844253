package web

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"simtrust/messaging/gsma"
)

// Live is what keeps a page of messages as the server has it, where the browser runs scripts: a stream (WHATWG HTML, server-sent events) whose
// events, of the type messages, hold a state, and the state that the page shows; it is asked for anew when they differ. Empty: nothing does.
type Live struct{ Stream, State string }

func (l Live) follows() bool { return l.Stream != "" }

// Inbox lists the conversations on a simulated phone, the latest first.
type Inbox struct {
	Masked, PhoneURL string
	Talks            []Talk
	Live
}

// Talk is one of them.
type Talk struct {
	URL, Name, Last string
	Verified        bool
	Unread          int
	At              time.Time
}

// Conversation is what a sender and the person wrote to each other. Its forms post to Action: do (take, text, report or refuse) and sender;
// message and postback for a button, text for a text, message for a report.
type Conversation struct {
	Masked, InboxURL, Action string
	Sender, Name             string
	// Verified: every message of the sender is.
	Verified bool
	Lines    []Line
	// Latest is the message that a report is about; empty where none can be.
	Latest string
	// Said is what the form before led to: reported, refused, unsent.
	Said string
	Live
}

// Line is a message of a conversation.
type Line struct {
	ID      string
	Own     bool
	At      time.Time
	Channel string
	// Verified: it came with a sender statement that holds.
	Verified bool
	Content  Content
}

// Pressable makes answers of the buttons that lead nowhere: each is sent with its postback, or its words where it has none.
func (c Content) Pressable() Content {
	c.Chips = pressable(c.Chips)
	c.Cards = slices.Clone(c.Cards)
	for i := range c.Cards {
		c.Cards[i].Buttons = pressable(c.Cards[i].Buttons)
	}
	return c
}

func pressable(list []Button) []Button {
	list = slices.Clone(list)
	for i, b := range list {
		list[i].Press = b.URL == ""
		if b.Postback == "" {
			list[i].Postback = b.Text
		}
	}
	return list
}

// ContentOfCardText draws a text message that a telephone shows as a card.
func ContentOfCardText(c gsma.CardText) Content {
	_, shown, _ := strings.Cut(c.Link, "://")
	return Content{Cards: []MessageCard{{Title: c.Title, Text: c.Words, Buttons: []Button{{Text: shown, URL: c.Link}}}}}
}

// Summary is a content in a few words.
func (c Content) Summary() string {
	switch {
	case c.Text != "":
		return c.Text
	case c.Place != nil:
		return c.Place.Label
	case c.File != nil:
		return c.File.Name
	case len(c.Cards) > 0:
		return c.Cards[0].Title + " " + c.Cards[0].Text
	}
	return ""
}

func (Inbox) page() string                 { return "inbox.html" }
func (Inbox) formTargets() []string        { return nil }
func (Conversation) page() string          { return "conversation.html" }
func (Conversation) formTargets() []string { return nil }

// Origins are where its media are loaded from.
func (c Conversation) Origins() string { return strings.Join(c.sources(), " ") }

func (c Conversation) sources() []string {
	var list []string
	for _, l := range c.Lines {
		list = append(list, l.Content.sources()...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// run is a stretch of a text: words, or a link.
type run struct{ Text, URL string }

var inText = regexp.MustCompile(`https?://[!-;=?-~]+`)

// runs finds the links of a text.
func runs(text string) (out []run) {
	for at := inText.FindStringIndex(text); at != nil; at = inText.FindStringIndex(text) {
		link := strings.TrimRight(text[at[0]:at[1]], ".,;:!?)'\"")
		end := at[0] + len(link)
		out = append(out, run{Text: text[:at[0]]}, run{Text: link, URL: link})
		text = text[end:]
	}
	return append(out, run{Text: text})
}
