package gsma

import "slices"

func (k *checker) suggestions(p *pointer, list []Suggestion, most int) {
	k.least(p, int64(len(list)), 1, Items)
	k.count(p, int64(len(list)), int64(most), Items)
	for i := range list {
		k.suggestion(p.item(i), &list[i])
	}
}

func (k *checker) suggestion(p *pointer, s *Suggestion) {
	kind := s.Kind()
	switch {
	case kind == KindUnknown:
		k.malformed(p, "is not exactly one reply or action of a known kind")
		return
	case !slices.Contains(k.l.Kinds, kind):
		k.malformed(p, "is of a kind that the channel "+string(k.l.Channel)+" does not carry: "+string(kind))
		return
	case kind == KindReply:
		k.choice(p.at("reply"), s.Reply)
		return
	}
	p = p.at("action")
	k.choice(p, &s.Action.Choice)
	k.action(p, s.Action)
}

func (k *checker) choice(p *pointer, c *Choice) {
	k.needed(p.at("displayText"), c.DisplayText)
	k.line(p.at("displayText"), c.DisplayText, k.l.DisplayText)
	if c.Postback != nil {
		k.unseen(p.at("postback").at("data"), c.Postback.Data, Length{maxPostback, Characters})
	}
}

// action holds an action of exactly one kind.
func (k *checker) action(p *pointer, a *Action) {
	switch {
	case a.URL != nil:
		k.openURL(p.at("urlAction").at("openUrl"), a.URL.OpenURL)
	case a.Dialer != nil:
		k.dialer(p.at("dialerAction"), a.Dialer)
	case a.Map != nil && a.Map.ShowLocation != nil:
		k.showLocation(p.at("mapAction").at("showLocation"), a.Map.ShowLocation)
	case a.Calendar != nil:
		k.event(p.at("calendarAction").at("createCalendarEvent"), a.Calendar.CreateEvent)
	case a.Compose != nil:
		k.compose(p.at("composeAction"), a.Compose)
	}
}

func (k *checker) openURL(p *pointer, o *OpenURL) {
	k.link(p.at("url"), o.URL)
	oneOf(k, p.at("application"), o.Application, Browser, WebView)
	if o.Application == Browser && (o.ViewMode != "" || o.Parameters != "") {
		k.malformed(p, "has a view mode or parameters without a webview")
	}
	if o.ViewMode != "" {
		oneOf(k, p.at("viewMode"), o.ViewMode, ViewFull, ViewHalf, ViewTall)
	}
	k.unseen(p.at("parameters"), o.Parameters, Length{maxParameters, Characters})
}

func (k *checker) dialer(p *pointer, d *DialerAction) {
	switch {
	case d.Phone != nil:
		k.dial(p.at("dialPhoneNumber"), d.Phone.PhoneNumber, d.Phone.FallbackURL)
	case d.Video != nil:
		k.dial(p.at("dialVideoCall"), d.Video.PhoneNumber, d.Video.FallbackURL)
	default:
		p = p.at("dialEnrichedCall")
		k.dial(p, d.Enriched.PhoneNumber, d.Enriched.FallbackURL)
		k.line(p.at("subject"), d.Enriched.Subject, Length{maxSubject, Characters})
	}
}

func (k *checker) dial(p *pointer, number, fallback string) {
	k.phone(p.at("phoneNumber"), number)
	k.optionalLink(p.at("fallbackUrl"), fallback)
}

func (k *checker) showLocation(p *pointer, s *ShowLocation) {
	place := p.at("location")
	l := &s.Location
	if byPoint := l.Latitude != nil && l.Longitude != nil; byPoint == (l.Query != "") || (l.Latitude == nil) != (l.Longitude == nil) {
		k.malformed(place, "must be exactly one of latitude with longitude and query")
	} else if byPoint {
		k.point(place, *l.Latitude, *l.Longitude)
	}
	k.line(place.at("label"), l.Label, Length{maxLabel, Characters})
	k.line(place.at("query"), l.Query, Length{maxQuery, Characters})
	k.optionalLink(p.at("fallbackUrl"), s.FallbackURL)
}

func (k *checker) event(p *pointer, e *CalendarEvent) {
	if y := e.Start.Year(); y < 1 || y > 9999 {
		k.malformed(p.at("startTime"), "is not an instant of RFC 3339")
	}
	if e.End.Before(e.Start) || e.End.Year() > 9999 {
		k.malformed(p.at("endTime"), "is before the start or no instant of RFC 3339")
	}
	k.needed(p.at("title"), e.Title)
	k.line(p.at("title"), e.Title, Length{maxEventTitle, Characters})
	k.body(p.at("description"), e.Description, Length{maxEventText, Characters})
	k.optionalLink(p.at("fallbackUrl"), e.FallbackURL)
}

func (k *checker) compose(p *pointer, c *ComposeAction) {
	if t := c.Text; t != nil {
		p = p.at("composeTextMessage")
		k.phone(p.at("phoneNumber"), t.PhoneNumber)
		k.body(p.at("text"), t.Text, Length{maxComposed, Characters})
		return
	}
	p = p.at("composeRecordingMessage")
	k.phone(p.at("phoneNumber"), c.Recording.PhoneNumber)
	oneOf(k, p.at("type"), c.Recording.Type, Audio, Video)
}
