package gsma

import "strings"

// Rendered is a content as one channel carries it: all that its recipient is shown, and nothing else.
type Rendered struct {
	Channel Channel `json:"channel"`
	// Content is there for rich channels, and then alone.
	Content *Content `json:"content,omitzero"`
	// Text is the words; of a text message all of it, with its signature.
	Text string `json:"text,omitzero"`
	// File is there for Enhanced.
	File *File `json:"file,omitzero"`
}

// Part writes a rendered content as the body that its bearer carries: what Encode writes for a rich channel, multipart/mixed of text and
// file where an enhanced message has both, else text/plain. Errors are those of Check.
func (r Rendered) Part() (Part, error) {
	if r.Content != nil {
		return Encode(*r.Content, r.Channel.Limits())
	}
	words := text(r.Text)
	if r.File == nil {
		return words, nil
	}
	file, err := r.File.Part()
	if err != nil || r.Text == "" {
		return file, err
	}
	return Join(words, file)
}

// Signatures stand in these; no content may have them in a text message.
const (
	openSignature  = "【"
	closeSignature = "】"
)

// CardText is a text message as the telephone's maker reads it to show a card.
type CardText struct {
	Signature string
	Title     string
	Words     string
	Link      string
}

// ReadCardText reads the text of a CardSMS: a signature, the title to the end of the first line, words, and a link at the end of the last
// line. It reports false for any other text.
func ReadCardText(text string) (c CardText, ok bool) {
	if rest, signed := strings.CutPrefix(text, openSignature); signed {
		if c.Signature, text, ok = strings.Cut(rest, closeSignature); !ok {
			return CardText{}, false
		}
	}
	text, last := cutLast(text, "\n")
	_, c.Link = cutLast(last, " ")
	if text == "" || !isLink(c.Link) {
		return CardText{}, false
	}
	c.Title, c.Words, _ = strings.Cut(text, "\n")
	return c, true
}

func cutLast(s, separator string) (before, after string) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+len(separator):]
}
