package gsma

import "slices"

// Opening returns the content with other URLs for its suggestions to open: what the function makes of each. The content itself stays as it
// is.
func (c Content) Opening(url func(string) string) Content {
	c.Suggestions = opening(c.Suggestions, url)
	if c.Card != nil {
		card := *c.Card
		card.Content.Suggestions = opening(card.Content.Suggestions, url)
		c.Card = &card
	}
	if c.Carousel != nil {
		carousel := *c.Carousel
		carousel.Content = slices.Clone(carousel.Content)
		for i := range carousel.Content {
			carousel.Content[i].Suggestions = opening(carousel.Content[i].Suggestions, url)
		}
		c.Carousel = &carousel
	}
	return c
}

func opening(list []Suggestion, url func(string) string) []Suggestion {
	list = slices.Clone(list)
	for i, s := range list {
		if s.Kind() != KindOpenURL {
			continue
		}
		action, open := *s.Action, *s.Action.URL.OpenURL
		open.URL = url(open.URL)
		action.URL = &URLAction{OpenURL: &open}
		list[i].Action = &action
	}
	return list
}
