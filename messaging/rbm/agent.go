package rbm

import "simtrust/messaging/gsma"

// FromContent says a content in this form, for a platform that takes it. The error is that of gsma.Check for the channel Google, a
// *gsma.LimitError or *gsma.FormatError, so what cannot be said in this form is refused, not left out. The fallback of a page or a map's
// label stay; sizes and types of files do not, for the platform looks at them itself.
func FromContent(c gsma.Content) (*ContentMessage, error) {
	if err := gsma.Check(c, gsma.Google.Limits()); err != nil {
		return nil, err
	}
	m := &ContentMessage{Text: c.Text, Suggestions: fromSuggestions(c.Suggestions)}
	switch {
	case c.File != nil:
		m.ContentInfo = fromFile(c.File.URL, c.File.Thumbnail)
	case c.Card != nil:
		m.RichCard = &RichCard{Standalone: fromCard(c.Card)}
	case c.Carousel != nil:
		m.RichCard = &RichCard{Carousel: fromCarousel(c.Carousel)}
	}
	return m, nil
}

func fromFile(url string, thumbnail *gsma.FileInfo) *ContentInfo {
	c := &ContentInfo{FileURL: url}
	if thumbnail != nil {
		c.ThumbnailURL = thumbnail.URL
	}
	return c
}

func fromCard(c *gsma.Card) *StandaloneCard {
	content := fromCardContent(&c.Content)
	return &StandaloneCard{Orientation: CardOrientation(c.Layout.Orientation), Alignment: ThumbnailAlignment(c.Layout.Alignment), Content: &content}
}

func fromCarousel(c *gsma.Carousel) *CarouselCard {
	out := &CarouselCard{Width: Medium, Contents: make([]CardContent, len(c.Content))}
	if c.Layout.Width == gsma.Small {
		out.Width = Small
	}
	for i := range c.Content {
		out.Contents[i] = fromCardContent(&c.Content[i])
	}
	return out
}

func fromCardContent(c *gsma.CardContent) CardContent {
	out := CardContent{Title: c.Title, Description: c.Description, Suggestions: fromSuggestions(c.Suggestions)}
	if m := c.Media; m != nil {
		out.Media = &Media{Height: fromHeight(m.Height), ContentInfo: &ContentInfo{FileURL: m.URL, ThumbnailURL: m.ThumbnailURL}}
	}
	return out
}

func fromHeight(h gsma.Height) MediaHeight {
	for name, height := range heights {
		if height == h {
			return name
		}
	}
	return HeightUnspecified
}

func fromSuggestions(list []gsma.Suggestion) []Suggestion {
	var out []Suggestion
	for _, s := range list {
		if r := s.Reply; r != nil {
			out = append(out, Suggestion{Reply: &SuggestedReply{Text: r.DisplayText, PostbackData: data(r)}})
		} else {
			out = append(out, Suggestion{Action: fromAction(s.Action)})
		}
	}
	return out
}

func data(c *gsma.Choice) string {
	if c.Postback == nil {
		return ""
	}
	return c.Postback.Data
}

// fromAction says an action of the kinds that Check lets through.
func fromAction(a *gsma.Action) *SuggestedAction {
	out := &SuggestedAction{Text: a.DisplayText, PostbackData: data(&a.Choice)}
	switch {
	case a.URL != nil:
		out.OpenURL = fromOpenURL(a.URL.OpenURL, a.DisplayText)
	case a.Dialer != nil:
		out.Dial, out.FallbackURL = &DialAction{PhoneNumber: a.Dialer.Phone.PhoneNumber}, a.Dialer.Phone.FallbackURL
	case a.Calendar != nil:
		e := a.Calendar.CreateEvent
		out.CreateEvent = &CreateEventAction{StartTime: e.Start.UTC(), EndTime: e.End.UTC(), Title: e.Title, Description: e.Description}
		out.FallbackURL = e.FallbackURL
	case a.Map.ShowLocation != nil:
		s := a.Map.ShowLocation
		out.ViewLocation, out.FallbackURL = &ViewLocationAction{Label: s.Location.Label, Query: s.Location.Query}, s.FallbackURL
		if s.Location.Latitude != nil {
			out.ViewLocation.LatLong = &LatLng{*s.Location.Latitude, *s.Location.Longitude}
		}
	default:
		out.ShareLocation = &ShareLocationAction{}
	}
	return out
}

// fromOpenURL describes a web view, which must be described, by what stands on its button.
func fromOpenURL(o *gsma.OpenURL, words string) *OpenURLAction {
	out := &OpenURLAction{URL: o.URL, Application: Browser}
	if o.Application != gsma.WebView {
		return out
	}
	out.Application, out.Description = WebView, words
	for name, mode := range viewModes {
		if mode == o.ViewMode && mode != "" {
			out.ViewMode = name
		}
	}
	return out
}
