package gsma

import "time"

// Content is what a message says, in the form that is stored, translated and rendered: exactly one of a text, a place, a file, a card and
// a carousel, and the chip list below it. Its JSON is the payload of RCC.07 with three members beside it, so that the roots message and
// suggestions stand in it as a sender writes them:
//
//	{"text": "…"} or {"location": {…}} or {"file": {…}} or {"message": {"generalPurposeCard": {…}}}, and "suggestions": […]
type Content struct {
	Text     string    `json:"text,omitzero"`
	Location *Location `json:"location,omitzero"`
	File     *File     `json:"file,omitzero"`
	// RichCard has the fields Card and Carousel.
	RichCard `json:"message,omitzero"`
	// Suggestions is the chip list.
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Location is a place, in RCS a geo URI as text (RFC 5870).
type Location struct {
	// Latitude and Longitude are degrees.
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	// System is the reference system: empty is wgs84, Chinese maps use gcj02.
	System string `json:"crs,omitzero"`
	// Uncertainty is metres; 0: not said.
	Uncertainty float64 `json:"uncertainty,omitzero"`
	Label       string  `json:"label,omitzero"`
}

// File is a file to fetch by HTTP, with the small picture that stands for it until then.
type File struct {
	FileInfo
	Thumbnail *FileInfo `json:"thumbnail,omitzero"`
}

// FileInfo is where a file is and what it is (RCC.07, the element file-info).
type FileInfo struct {
	URL         string `json:"url"`
	ContentType string `json:"contentType"`
	// Size is octets; 0 where the other side left it out, which is not sent on.
	Size int64  `json:"size,omitzero"`
	Name string `json:"name,omitzero"`
	// Until is when the file will be gone.
	Until time.Time `json:"until,omitzero"`
}

// Received is a message that came in: a content, or what a person did with a suggestion, or what a client tells of itself.
type Received struct {
	Content
	Response   *Response   `json:"response,omitzero"`
	SharedData *SharedData `json:"sharedData,omitzero"`
}

// Response says which suggestion a person took: exactly one of the two.
type Response struct {
	Reply  *Choice `json:"reply,omitzero"`
	Action *Choice `json:"action,omitzero"`
}

// SharedData is what a client tells of itself when it was asked.
type SharedData struct {
	DeviceSpecifics *DeviceSpecifics `json:"deviceSpecifics,omitzero"`
}

// DeviceSpecifics describes a telephone. The limits are in characters.
type DeviceSpecifics struct {
	DeviceModel             string `json:"deviceModel,omitzero"`             // 10
	PlatformVersion         string `json:"platformVersion,omitzero"`         // 20
	ClientVendor            string `json:"clientVendor,omitzero"`            // 4
	ClientVersion           string `json:"clientVersion,omitzero"`           // 15
	BatteryRemainingMinutes *int64 `json:"batteryRemainingMinutes,omitzero"` // not negative
}
