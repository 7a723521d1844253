package gsma

import "time"

// URLAction opens a page.
type URLAction struct {
	OpenURL *OpenURL `json:"openUrl,omitzero"`
}

// Application is where a page opens.
type Application string

// Applications.
const (
	Browser Application = "browser"
	WebView Application = "webview"
)

// ViewMode is how much of the screen a web view takes.
type ViewMode string

// View modes.
const (
	ViewFull ViewMode = "full"
	ViewHalf ViewMode = "half"
	ViewTall ViewMode = "tall"
)

// OpenURL opens a page. ViewMode and Parameters (up to 200 characters) are a web view's.
type OpenURL struct {
	URL         string      `json:"url"`
	Application Application `json:"application"`
	ViewMode    ViewMode    `json:"viewMode,omitzero"`
	Parameters  string      `json:"parameters,omitzero"`
}

// DialerAction calls somebody: exactly one of the three.
type DialerAction struct {
	Phone    *Dial         `json:"dialPhoneNumber,omitzero"`
	Enriched *EnrichedDial `json:"dialEnrichedCall,omitzero"`
	Video    *Dial         `json:"dialVideoCall,omitzero"`
}

// Dial names a number to call. FallbackURL opens where the telephone cannot.
type Dial struct {
	PhoneNumber string `json:"phoneNumber"`
	FallbackURL string `json:"fallbackUrl,omitzero"`
}

// EnrichedDial is a call with a subject of up to 60 characters.
type EnrichedDial struct {
	PhoneNumber string `json:"phoneNumber"`
	Subject     string `json:"subject,omitzero"`
	FallbackURL string `json:"fallbackUrl,omitzero"`
}

// MapAction shows a place or asks for one: exactly one of the two.
type MapAction struct {
	ShowLocation        *ShowLocation `json:"showLocation,omitzero"`
	RequestLocationPush *Nothing      `json:"requestLocationPush,omitzero"`
}

// Nothing is a request without particulars.
type Nothing struct{}

// ShowLocation shows a place on a map.
type ShowLocation struct {
	Location    Place  `json:"location"`
	FallbackURL string `json:"fallbackUrl,omitzero"`
}

// Place is a point in degrees (wgs84) with a label of up to 100 characters, or else what to look for, up to 200 characters.
type Place struct {
	Latitude  *float64 `json:"latitude,omitzero"`
	Longitude *float64 `json:"longitude,omitzero"`
	Label     string   `json:"label,omitzero"`
	Query     string   `json:"query,omitzero"`
}

// CalendarAction writes into the calendar.
type CalendarAction struct {
	CreateEvent *CalendarEvent `json:"createCalendarEvent,omitzero"`
}

// CalendarEvent is a date: a title of up to 100 characters, a description of up to 500.
type CalendarEvent struct {
	Start       time.Time `json:"startTime"`
	End         time.Time `json:"endTime"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitzero"`
	FallbackURL string    `json:"fallbackUrl,omitzero"`
}

// ComposeAction writes a message: exactly one of the two.
type ComposeAction struct {
	Text      *ComposeText      `json:"composeTextMessage,omitzero"`
	Recording *ComposeRecording `json:"composeRecordingMessage,omitzero"`
}

// ComposeText is a draft to a number, of up to 100 characters.
type ComposeText struct {
	PhoneNumber string `json:"phoneNumber"`
	Text        string `json:"text"`
}

// Recording is what a person is to record.
type Recording string

// Recordings.
const (
	Audio Recording = "AUDIO"
	Video Recording = "VIDEO"
)

// ComposeRecording asks for a recording to be sent to a number.
type ComposeRecording struct {
	PhoneNumber string    `json:"phoneNumber"`
	Type        Recording `json:"type"`
}

// DeviceAction asks what telephone it is; the answer is a SharedData.
type DeviceAction struct {
	RequestSpecifics *Nothing `json:"requestDeviceSpecifics,omitzero"`
}

// SettingsAction changes what the person shares with the sender: exactly one of the two.
type SettingsAction struct {
	DisableAnonymization         *Nothing `json:"disableAnonymization,omitzero"`
	EnableDisplayedNotifications *Nothing `json:"enableDisplayedNotifications,omitzero"`
}
