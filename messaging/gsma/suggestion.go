package gsma

// Suggestion is a chip below a message or on a card: exactly one of the two. One of neither is of a kind that this version does not know.
type Suggestion struct {
	Reply  *Choice `json:"reply,omitzero"`
	Action *Action `json:"action,omitzero"`
}

// Choice is what stands on a suggestion, and what comes back when it is taken.
type Choice struct {
	DisplayText string    `json:"displayText"`
	Postback    *Postback `json:"postback,omitzero"`
}

// Postback is the sender's own word for a suggestion; nobody sees it.
type Postback struct {
	Data string `json:"data"`
}

// Action is a suggestion that has the telephone do something: exactly one of the fields of kind, with one field set in it.
type Action struct {
	URL      *URLAction      `json:"urlAction,omitzero"`
	Dialer   *DialerAction   `json:"dialerAction,omitzero"`
	Map      *MapAction      `json:"mapAction,omitzero"`
	Calendar *CalendarAction `json:"calendarAction,omitzero"`
	Compose  *ComposeAction  `json:"composeAction,omitzero"`
	Device   *DeviceAction   `json:"deviceAction,omitzero"`
	Settings *SettingsAction `json:"settingsAction,omitzero"`
	Choice
}

// Choice returns the words and the postback of a suggestion of either kind, or nil for one of neither.
func (s Suggestion) Choice() *Choice {
	switch {
	case s.Reply != nil:
		return s.Reply
	case s.Action != nil:
		return &s.Action.Choice
	default:
		return nil
	}
}

// Response is what a telephone sends when the suggestion is taken.
func (s Suggestion) Response() Response {
	if s.Action != nil {
		return Response{Action: &s.Action.Choice}
	}
	return Response{Reply: s.Reply}
}

// NewReply makes a suggested reply.
func NewReply(text, data string) Suggestion {
	return Suggestion{Reply: &Choice{DisplayText: text, Postback: &Postback{Data: data}}}
}

// NewAction makes a suggested action of one that has its kind set.
func NewAction(text, data string, a Action) Suggestion {
	a.Choice = Choice{DisplayText: text, Postback: &Postback{Data: data}}
	return Suggestion{Action: &a}
}
