package rbm

// Feature is something that a person's client can do.
type Feature string

// Features.
const (
	RichCardStandalone   Feature = "RICHCARD_STANDALONE"
	RichCardCarousel     Feature = "RICHCARD_CAROUSEL"
	ActionCreateEvent    Feature = "ACTION_CREATE_CALENDAR_EVENT"
	ActionDial           Feature = "ACTION_DIAL"
	ActionOpenURL        Feature = "ACTION_OPEN_URL"
	ActionShareLocation  Feature = "ACTION_SHARE_LOCATION"
	ActionViewLocation   Feature = "ACTION_VIEW_LOCATION"
	ActionOpenURLWebView Feature = "ACTION_OPEN_URL_IN_WEBVIEW"
	Revocation           Feature = "REVOCATION"
)

// Capabilities are the features of a person's client.
type Capabilities struct {
	Features []Feature `json:"features"`
}

// BatchGet asks which people can be reached.
type BatchGet struct {
	Users   []string `json:"users"`
	AgentID string   `json:"agentId,omitzero"`
}

// Reachable answers BatchGet: the numbers that can be reached, and how many could in a sample of those asked about; the counts are 0 where
// fewer than 500 were asked about.
type Reachable struct {
	Users           []string `json:"reachableUsers,omitempty"`
	Sample          int      `json:"totalRandomSampleUserCount,omitzero"`
	ReachableSample int      `json:"reachableRandomSampleUserCount,omitzero"`
}
