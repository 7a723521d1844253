package gsma

import (
	"iter"
	"slices"
)

// cards yields what stands on the cards of the content.
func (c *Content) cards() iter.Seq[*CardContent] {
	return func(yield func(*CardContent) bool) {
		if c.Card != nil && !yield(&c.Card.Content) {
			return
		}
		if c.Carousel == nil {
			return
		}
		for i := range c.Carousel.Content {
			if !yield(&c.Carousel.Content[i]) {
				return
			}
		}
	}
}

// media yields the media on the cards.
func (c *Content) media() iter.Seq[*Media] {
	return func(yield func(*Media) bool) {
		for card := range c.cards() {
			if card.Media != nil && !yield(card.Media) {
				return
			}
		}
	}
}

func (k *checker) card(p *pointer, c *Card) {
	k.count(p, 1, int64(k.l.Cards), Items)
	layout := p.at("layout")
	oneOf(k, layout.at("cardOrientation"), c.Layout.Orientation, Vertical, Horizontal)
	if c.Layout.Orientation == Horizontal {
		oneOf(k, layout.at("imageAlignment"), c.Layout.Alignment, Left, Right)
	} else if c.Layout.Alignment != "" {
		k.malformed(layout.at("imageAlignment"), "is for horizontal cards")
	}
	k.fonts(layout, &c.Layout.Fonts)
	k.cardContent(p.at("content"), &c.Content)
}

func (k *checker) carousel(p *pointer, c *Carousel) {
	layout, content := p.at("layout"), p.at("content")
	k.least(content, int64(len(c.Content)), minCards, Items)
	k.count(content, int64(len(c.Content)), int64(k.l.Cards), Items)
	oneOf(k, layout.at("cardWidth"), c.Layout.Width, Small, Medium)
	k.fonts(layout, &c.Layout.Fonts)
	for i := range c.Content {
		card := &c.Content[i]
		k.cardContent(content.item(i), card)
		if c.Layout.Width == Small && card.Media != nil && card.Media.Height == Tall {
			k.malformed(content.item(i).at("media").at("height"), "is not for cards of small width")
		}
	}
}

func (k *checker) fonts(p *pointer, f *Fonts) {
	k.fontStyle(p.at("titleFontStyle"), f.Title)
	k.fontStyle(p.at("descriptionFontStyle"), f.Description)
	k.optionalLink(p.at("style"), f.Style)
}

func (k *checker) fontStyle(p *pointer, styles []FontStyle) {
	k.count(p, int64(len(styles)), maxFonts, Items)
	for i, s := range styles {
		oneOf(k, p.item(i), s, Italics, Bold, Underline)
		if slices.Contains(styles[:i], s) {
			k.malformed(p.item(i), "is there twice")
		}
	}
}

func (k *checker) cardContent(p *pointer, c *CardContent) {
	if c.Media == nil && c.Title == "" && c.Description == "" {
		k.malformed(p, "needs at least one of media, title and description")
	}
	if c.Media != nil {
		k.media(p.at("media"), c.Media)
	}
	k.line(p.at("title"), c.Title, Length{maxTitle, Characters})
	k.body(p.at("description"), c.Description, Length{maxDescription, Characters})
	if c.Suggestions != nil {
		k.suggestions(p.at("suggestions"), c.Suggestions, k.l.CardSuggestions)
	}
}

func (k *checker) media(p *pointer, m *Media) {
	k.link(p.at("mediaUrl"), m.URL)
	k.mediaType(p.at("mediaContentType"), m.ContentType)
	k.octets(p.at("mediaFileSize"), m.Size, k.l.AllFiles)
	oneOf(k, p.at("height"), m.Height, Short, Middle, Tall)
	k.line(p.at("contentDescription"), m.Description, Length{maxMediaAlt, Characters})
	if m.ThumbnailURL != "" {
		k.link(p.at("thumbnailUrl"), m.ThumbnailURL)
		k.mediaType(p.at("thumbnailContentType"), m.ThumbnailContentType)
		k.octets(p.at("thumbnailFileSize"), m.ThumbnailSize, k.l.Thumbnail)
	} else if m.ThumbnailContentType != "" || m.ThumbnailSize != 0 {
		k.malformed(p.at("thumbnailUrl"), "is missing")
	}
}
