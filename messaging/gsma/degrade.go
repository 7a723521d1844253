package gsma

import (
	"slices"
	"strings"
)

// Options are what Degrade knows beside the content.
type Options struct {
	// Signature names the sender in front of a text message, up to 50 characters; empty: no signature.
	Signature string
	// Language is that of the words which are added.
	Language Language
	// Page is a short link to the whole message as a page. Without one, a content that does not fit is an error, and what only a client can
	// do (send its place, a recording, particulars of the device or a setting) is left out; with one, it is cut, and the page has the rest.
	// CardSMS needs it.
	Page string
	// Short has a short link for a URL that Links names; others stand in full.
	Short map[string]string
}

const maxSignature = 50

// Degrade puts a content into the form of a channel: a rich one carries it as it is, if Check has nothing against it; the others as text,
// with the answers that a person can type in place of the buttons. The same arguments always make the same octets. It never makes more
// than the limits of the channel hold, never cuts a number, an ASCII word or a link, and shows either every answer or, where a page has
// the buttons, none.
//
// A text message starts with its signature, 【…】, and has no other: such brackets in the content become [ and ].
//
// Errors are those of Check, with the pointers /signature and /page for the options.
func Degrade(c Content, l Limits, o Options) (Rendered, []Answer, error) {
	if l.Channel.Rich() {
		return Rendered{Channel: l.Channel, Content: &c}, nil, Check(c, l)
	}
	if err := degradable(c, l, o); err != nil {
		return Rendered{}, nil, err
	}
	r := Rendered{Channel: l.Channel}
	s := sheet{limits: l, options: o, words: o.Language.words()}
	if l.Files > 0 {
		r.File = c.firstFile()
	}
	s.write(&c, r.File)
	text, answers, err := s.fit()
	r.Text = text
	if err != nil {
		return Rendered{}, nil, err
	}
	return r, answers, nil
}

// degradable holds the content against the schema, with the longest text that any channel takes.
func degradable(c Content, l Limits, o Options) error {
	widest := rich(l.Channel)
	widest.Text = google().Text
	if err := Check(c, widest); err != nil {
		return err
	}
	k := checker{l: l}
	k.line((*pointer)(nil).at("signature"), o.Signature, Length{maxSignature, Characters})
	if strings.ContainsAny(o.Signature, openSignature+closeSignature) {
		k.malformed((*pointer)(nil).at("signature"), "holds brackets of a signature")
	}
	page := (*pointer)(nil).at("page")
	k.optionalLink(page, o.Page)
	if l.Channel == CardSMS {
		k.needed(page, o.Page)
	}
	return k.err
}

// firstFile is the file that goes with an enhanced message: the content itself or the first media on its cards.
func (c *Content) firstFile() *File {
	if c.File != nil {
		return c.File
	}
	for m := range c.media() {
		return m.file()
	}
	return nil
}

func (m *Media) file() *File {
	f := &File{FileInfo: FileInfo{URL: m.URL, ContentType: m.ContentType, Size: m.Size}}
	if m.ThumbnailURL != "" {
		f.Thumbnail = &FileInfo{URL: m.ThumbnailURL, ContentType: m.ThumbnailContentType, Size: m.ThumbnailSize}
	}
	return f
}

// Links names the URLs that Degrade writes into a text, each once, in their order: those to have a short link for.
func Links(c Content) []string {
	var l linkList
	s := sheet{words: Chinese.words(), links: &l}
	s.write(&c, nil)
	return l
}

// linkList is a list without repetition.
type linkList []string

func (l *linkList) add(url string) {
	if !slices.Contains(*l, url) {
		*l = append(*l, url)
	}
}
