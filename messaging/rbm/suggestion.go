package rbm

import "time"

// Suggestion is exactly one of a reply and an action.
type Suggestion struct {
	Reply  *SuggestedReply  `json:"reply,omitzero"`
	Action *SuggestedAction `json:"action,omitzero"`
}

// SuggestedReply sends its text, of up to 25 characters, and PostbackData, of up to 2,048, back to the agent.
type SuggestedReply struct {
	Text         string `json:"text"`
	PostbackData string `json:"postbackData,omitzero"`
}

// SuggestedAction has the telephone do exactly one of its actions.
type SuggestedAction struct {
	Text         string `json:"text"`
	PostbackData string `json:"postbackData,omitzero"`
	// FallbackURL opens where the telephone cannot; of use with dialAction, viewLocationAction and createCalendarEventAction.
	FallbackURL   string               `json:"fallbackUrl,omitzero"`
	Dial          *DialAction          `json:"dialAction,omitzero"`
	ViewLocation  *ViewLocationAction  `json:"viewLocationAction,omitzero"`
	CreateEvent   *CreateEventAction   `json:"createCalendarEventAction,omitzero"`
	OpenURL       *OpenURLAction       `json:"openUrlAction,omitzero"`
	ShareLocation *ShareLocationAction `json:"shareLocationAction,omitzero"`
}

// DialAction calls a number.
type DialAction struct {
	PhoneNumber string `json:"phoneNumber"`
}

// ViewLocationAction shows a point with a label, or else what a query finds.
type ViewLocationAction struct {
	LatLong *LatLng `json:"latLong,omitzero"`
	Label   string  `json:"label,omitzero"`
	Query   string  `json:"query,omitzero"`
}

// LatLng is a point in degrees (google.type.LatLng).
type LatLng struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// CreateEventAction writes into the calendar.
type CreateEventAction struct {
	StartTime   time.Time `json:"startTime"`
	EndTime     time.Time `json:"endTime"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitzero"`
}

// OpenURLAction opens a page: in the browser where Application is not said. Description is for those who do not see a web view.
type OpenURLAction struct {
	URL         string      `json:"url"`
	Application Application `json:"application,omitzero"`
	ViewMode    ViewMode    `json:"webviewViewMode,omitzero"`
	Description string      `json:"description,omitzero"`
}

// Application is where a page opens.
type Application string

// Applications.
const (
	ApplicationUnspecified Application = "OPEN_URL_APPLICATION_UNSPECIFIED"
	Browser                Application = "BROWSER"
	WebView                Application = "WEBVIEW"
)

// ViewMode is how much of the screen a web view takes.
type ViewMode string

// View modes.
const (
	ViewModeUnspecified ViewMode = "WEBVIEW_VIEW_MODE_UNSPECIFIED"
	ViewFull            ViewMode = "FULL"
	ViewHalf            ViewMode = "HALF"
	ViewTall            ViewMode = "TALL"
)

// ShareLocationAction asks for a place.
type ShareLocationAction struct{}
