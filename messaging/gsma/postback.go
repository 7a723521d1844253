package gsma

import (
	"cmp"
	"iter"
)

// Postbacks are the data of all suggestions of a content: of its chip list and of its cards.
func (c Content) Postbacks() iter.Seq[string] {
	return func(yield func(string) bool) {
		for list := range c.lists() {
			for _, s := range list {
				if data := s.postback(); data != "" && !yield(data) {
					return
				}
			}
		}
	}
}

// lists are the lists of suggestions.
func (c Content) lists() iter.Seq[[]Suggestion] {
	return func(yield func([]Suggestion) bool) {
		if !yield(c.Suggestions) || c.Card != nil && !yield(c.Card.Content.Suggestions) || c.Carousel == nil {
			return
		}
		for _, card := range c.Carousel.Content {
			if !yield(card.Suggestions) {
				return
			}
		}
	}
}

func (s Suggestion) postback() string {
	switch {
	case s.Reply != nil:
		return s.Reply.data()
	case s.Action != nil:
		return s.Action.data()
	}
	return ""
}

func (c *Choice) data() string {
	if c == nil || c.Postback == nil {
		return ""
	}
	return c.Postback.Data
}

// Postback is the data of the suggestion that was taken; empty: none.
func (r Response) Postback() string { return cmp.Or(r.Reply.data(), r.Action.data()) }
