package gsma

// Kind is what a suggestion does, by the member of the schema that says so.
type Kind string

// Kinds of suggestions.
const (
	KindUnknown                      Kind = ""
	KindReply                        Kind = "reply"
	KindOpenURL                      Kind = "openUrl"
	KindDialPhoneNumber              Kind = "dialPhoneNumber"
	KindDialEnrichedCall             Kind = "dialEnrichedCall"
	KindDialVideoCall                Kind = "dialVideoCall"
	KindShowLocation                 Kind = "showLocation"
	KindRequestLocationPush          Kind = "requestLocationPush"
	KindCreateCalendarEvent          Kind = "createCalendarEvent"
	KindComposeTextMessage           Kind = "composeTextMessage"
	KindComposeRecordingMessage      Kind = "composeRecordingMessage"
	KindRequestDeviceSpecifics       Kind = "requestDeviceSpecifics"
	KindDisableAnonymization         Kind = "disableAnonymization"
	KindEnableDisplayedNotifications Kind = "enableDisplayedNotifications"
)

// Kind returns KindUnknown for a suggestion that does nothing that this version knows, or more than one thing.
func (s Suggestion) Kind() Kind {
	switch {
	case s.Reply != nil && s.Action == nil:
		return KindReply
	case s.Reply == nil && s.Action != nil:
		return s.Action.kind()
	default:
		return KindUnknown
	}
}

func (a *Action) kind() Kind {
	if set := a.kinds(); len(set) == 1 {
		return set[0]
	}
	return KindUnknown
}

// kinds has one kind for every field of kind that is there.
func (a *Action) kinds() (set []Kind) {
	if a.URL != nil {
		set = append(set, only(option{a.URL.OpenURL != nil, KindOpenURL}))
	}
	if d := a.Dialer; d != nil {
		set = append(set, only(
			option{d.Phone != nil, KindDialPhoneNumber}, option{d.Enriched != nil, KindDialEnrichedCall}, option{d.Video != nil, KindDialVideoCall}))
	}
	if m := a.Map; m != nil {
		set = append(set, only(option{m.ShowLocation != nil, KindShowLocation}, option{m.RequestLocationPush != nil, KindRequestLocationPush}))
	}
	if a.Calendar != nil {
		set = append(set, only(option{a.Calendar.CreateEvent != nil, KindCreateCalendarEvent}))
	}
	if c := a.Compose; c != nil {
		set = append(set, only(option{c.Text != nil, KindComposeTextMessage}, option{c.Recording != nil, KindComposeRecordingMessage}))
	}
	if a.Device != nil {
		set = append(set, only(option{a.Device.RequestSpecifics != nil, KindRequestDeviceSpecifics}))
	}
	if s := a.Settings; s != nil {
		set = append(set, only(
			option{s.DisableAnonymization != nil, KindDisableAnonymization}, option{s.EnableDisplayedNotifications != nil, KindEnableDisplayedNotifications}))
	}
	return set
}

type option struct {
	there bool
	kind  Kind
}

// only returns the kind of the one option that is there.
func only(options ...option) (k Kind) {
	n := 0
	for _, o := range options {
		if o.there {
			k, n = o.kind, n+1
		}
	}
	if n != 1 {
		return KindUnknown
	}
	return k
}
