package rbm

import (
	"fmt"

	"simtrust/messaging/gsma"
)

func (t *translation) suggestions(at string, list []Suggestion) []gsma.Suggestion {
	var out []gsma.Suggestion
	for i, s := range list {
		field := fmt.Sprintf("%s.suggestions[%d]", at, i)
		switch {
		case count(s.Reply != nil, s.Action != nil) != 1:
			t.refuse(field, "must be exactly one of reply and action")
		case s.Reply != nil:
			c := choice(s.Reply.Text, s.Reply.PostbackData)
			out = append(out, gsma.Suggestion{Reply: &c})
		default:
			out = append(out, gsma.Suggestion{Action: t.action(field+".action", s.Action)})
		}
	}
	return out
}

func choice(text, data string) gsma.Choice {
	c := gsma.Choice{DisplayText: text}
	if data != "" {
		c.Postback = &gsma.Postback{Data: data}
	}
	return c
}

func (t *translation) action(at string, a *SuggestedAction) *gsma.Action {
	if count(a.Dial != nil, a.ViewLocation != nil, a.CreateEvent != nil, a.OpenURL != nil, a.ShareLocation != nil) != 1 {
		t.refuse(at, "must be exactly one of dialAction, viewLocationAction, createCalendarEventAction, openUrlAction and shareLocationAction")
		return nil
	}
	out := &gsma.Action{Choice: choice(a.Text, a.PostbackData)}
	switch {
	case a.Dial != nil:
		out.Dialer = &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: a.Dial.PhoneNumber, FallbackURL: a.FallbackURL}}
	case a.ViewLocation != nil:
		out.Map = &gsma.MapAction{ShowLocation: &gsma.ShowLocation{Location: a.ViewLocation.place(), FallbackURL: a.FallbackURL}}
	case a.CreateEvent != nil:
		e := a.CreateEvent
		out.Calendar = &gsma.CalendarAction{CreateEvent: &gsma.CalendarEvent{Start: e.StartTime, End: e.EndTime, Title: e.Title,
			Description: e.Description, FallbackURL: a.FallbackURL}}
	case a.OpenURL != nil:
		out.URL = &gsma.URLAction{OpenURL: t.openURL(at+".openUrlAction", a.OpenURL)}
	default:
		out.Map = &gsma.MapAction{RequestLocationPush: &gsma.Nothing{}}
	}
	return out
}

func (v *ViewLocationAction) place() gsma.Place {
	p := gsma.Place{Label: v.Label, Query: v.Query}
	if v.LatLong != nil {
		p.Latitude, p.Longitude = &v.LatLong.Latitude, &v.LatLong.Longitude
	}
	return p
}

// viewModes are those of web views; without one a client shows what it likes.
var viewModes = map[ViewMode]gsma.ViewMode{"": "", ViewModeUnspecified: "", ViewFull: gsma.ViewFull, ViewHalf: gsma.ViewHalf, ViewTall: gsma.ViewTall}

func (t *translation) openURL(at string, o *OpenURLAction) *gsma.OpenURL {
	out := &gsma.OpenURL{URL: o.URL, Application: gsma.Browser}
	switch o.Application {
	case "", ApplicationUnspecified, Browser:
		return out
	case WebView:
		out.Application = gsma.WebView
	default:
		t.refuse(at+".application", "is none of BROWSER, WEBVIEW")
	}
	mode, ok := viewModes[o.ViewMode]
	if !ok {
		t.refuse(at+".webviewViewMode", "is none of FULL, HALF, TALL")
	}
	out.ViewMode = mode
	return out
}
