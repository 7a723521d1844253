package rbm

import (
	"cmp"
	"fmt"

	"simtrust/messaging/gsma"
)

// Content is what the message says, within the limits of gsma's channel Google. Of a file that is not known its type is told by the ending
// of its URL, and its size is the most that it may have; what RCC.07 has no place for (forceRefresh, the description of a web view, a
// fallback of an action that has none there) is left out. The error is a *FieldError.
func (m *AgentMessage) Content(known Known) (gsma.Content, error) {
	if m.ContentMessage == nil {
		return gsma.Content{}, refused("contentMessage", "is missing")
	}
	t := translation{known: known, share: m.share()}
	c := t.content(m.ContentMessage)
	if t.err != nil {
		return gsma.Content{}, t.err
	}
	if err := gsma.Check(c, gsma.Google.Limits()); err != nil {
		return gsma.Content{}, named(err)
	}
	return c, nil
}

// share is the most that each file may have of what all have together.
func (m *AgentMessage) share() int64 {
	n := 0
	for _, s := range m.sources() {
		if s.file != "" {
			n++
		}
	}
	return mostOctets/int64(max(n, 1)) - mostThumbnail
}

// translation is on its way into gsma's form. The first thing wrong stays.
type translation struct {
	known Known
	share int64
	err   error
}

func (t *translation) refuse(field, why string) {
	if t.err == nil {
		t.err = refused(field, why)
	}
}

func (t *translation) content(m *ContentMessage) (c gsma.Content) {
	const at = "contentMessage"
	files := sourceOf(m.FileName, m.UploadedFile, m.ContentInfo)
	if n := count(m.Text != "", files.file != "" || m.UploadedFile != nil || m.ContentInfo != nil, m.RichCard != nil); n != 1 || files.many {
		t.refuse(at, "must be exactly one of text, fileName, uploadedRbmFile, contentInfo and richCard")
		return c
	}
	c.Text, c.Suggestions = m.Text, t.suggestions(at, m.Suggestions)
	switch {
	case m.RichCard != nil:
		c.RichCard = t.richCard(at+".richCard", m.RichCard)
	case m.Text == "":
		c.File = t.file(at, files)
	}
	return c
}

func (t *translation) richCard(at string, r *RichCard) (out gsma.RichCard) {
	switch {
	case count(r.Carousel != nil, r.Standalone != nil) != 1:
		t.refuse(at, "must be exactly one of carouselCard and standaloneCard")
	case r.Carousel != nil:
		out.Carousel = t.carousel(at+".carouselCard", r.Carousel)
	case r.Standalone.Content == nil:
		t.refuse(at+".standaloneCard.cardContent", "is missing")
	default:
		out.Card = t.standalone(at+".standaloneCard", r.Standalone)
	}
	return out
}

func (t *translation) standalone(at string, s *StandaloneCard) *gsma.Card {
	c := &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Orientation(s.Orientation)}}
	horizontal := s.Orientation == Horizontal
	if horizontal { // a vertical card's alignment means nothing, and is no mistake
		c.Layout.Alignment = gsma.Left
		if s.Alignment != AlignmentUnspecified {
			c.Layout.Alignment = cmp.Or(gsma.Alignment(s.Alignment), gsma.Left)
		}
	}
	c.Content = t.card(at+".cardContent", s.Content, horizontal)
	return c
}

func (t *translation) carousel(at string, r *CarouselCard) *gsma.Carousel {
	c := &gsma.Carousel{}
	switch r.Width {
	case Small:
		c.Layout.Width = gsma.Small
	case Medium:
		c.Layout.Width = gsma.Medium
	default:
		t.refuse(at+".cardWidth", "is none of SMALL, MEDIUM")
	}
	for i := range r.Contents {
		c.Content = append(c.Content, t.card(fmt.Sprintf("%s.cardContents[%d]", at, i), &r.Contents[i], false))
	}
	return c
}

func (t *translation) card(at string, c *CardContent, horizontal bool) gsma.CardContent {
	out := gsma.CardContent{Title: c.Title, Description: c.Description, Suggestions: t.suggestions(at, c.Suggestions)}
	if c.Media == nil {
		return out
	}
	if horizontal && c.Title == "" && c.Description == "" && len(c.Suggestions) == 0 {
		t.refuse(at, "needs a title, a description or suggestions beside the media of a horizontal card")
	}
	out.Media = t.media(at+".media", c.Media, horizontal)
	return out
}

// heights are those of cards. A horizontal card has none of its own.
var heights = map[MediaHeight]gsma.Height{HeightShort: gsma.Short, HeightMedium: gsma.Middle, HeightTall: gsma.Tall}

func (t *translation) media(at string, m *Media, horizontal bool) *gsma.Media {
	height, ok := heights[m.Height]
	if horizontal && (m.Height == "" || m.Height == HeightUnspecified) {
		height, ok = gsma.Middle, true
	}
	if !ok {
		t.refuse(at+".height", "is none of SHORT, MEDIUM, TALL")
	}
	f := t.file(at, m.source())
	if f == nil {
		return nil
	}
	out := &gsma.Media{URL: f.URL, ContentType: f.ContentType, Size: f.Size, Height: height}
	if f.Thumbnail != nil {
		out.ThumbnailURL, out.ThumbnailContentType, out.ThumbnailSize = f.Thumbnail.URL, f.Thumbnail.ContentType, f.Thumbnail.Size
	}
	return out
}

// file looks a file up, or takes it as it is named.
func (t *translation) file(at string, s source) *gsma.File {
	if s.many || s.file == "" {
		t.refuse(at, "must be exactly one of fileName, uploadedRbmFile and contentInfo")
		return nil
	}
	out := t.known.file(s.file, t.share)
	if isName(out.URL) || isName(s.thumbnail) && t.known[s.thumbnail].URL == "" {
		t.refuse(at, "names no file that was uploaded for this agent")
	}
	if s.thumbnail != "" {
		small := t.known.file(s.thumbnail, mostThumbnail).FileInfo
		out.Thumbnail = &small
	}
	return &out
}

// file is what a reference stands for, itself where it is not known. A size that is not known is the most that it may be.
func (k Known) file(ref string, most int64) gsma.File {
	f, known := k[ref]
	switch {
	case !known:
		f.FileInfo = info(ref, most)
	case f.Size == 0:
		f.FileInfo = info(f.URL, most)
		if f.Thumbnail != nil {
			small := info(f.Thumbnail.URL, mostThumbnail)
			f.Thumbnail = &small
		}
	}
	return f
}

func count(there ...bool) (n int) {
	for _, t := range there {
		if t {
			n++
		}
	}
	return n
}
