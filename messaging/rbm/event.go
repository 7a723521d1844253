package rbm

import (
	"time"

	"simtrust/messaging/gsma"
)

// Event is what an agent's webhook gets: a message from a person (exactly one of the last four), something that happened to a message, or
// word of the platform (PhoneNumber in the place of SenderPhoneNumber).
type Event struct {
	SenderPhoneNumber string    `json:"senderPhoneNumber,omitzero"`
	PhoneNumber       string    `json:"phoneNumber,omitzero"`
	AgentID           string    `json:"agentId,omitzero"`
	SendTime          time.Time `json:"sendTime,omitzero"`
	EventType         EventType `json:"eventType,omitzero"`
	EventID           string    `json:"eventId,omitzero"`
	// MessageID is that of the person's message; with an EventType, of the agent's.
	MessageID string `json:"messageId,omitzero"`

	Text       string              `json:"text,omitzero"`
	Location   *LatLng             `json:"location,omitzero"`
	UserFile   *UserFile           `json:"userFile,omitzero"`
	Suggestion *SuggestionResponse `json:"suggestionResponse,omitzero"`
}

// EventType is what happened.
type EventType string

// Types of events: a person's, those of the platform, and the two that an agent sends (IS_TYPING, READ).
const (
	Delivered    EventType = "DELIVERED"
	Read         EventType = "READ"
	IsTyping     EventType = "IS_TYPING"
	Subscribe    EventType = "SUBSCRIBE"
	Unsubscribe  EventType = "UNSUBSCRIBE"
	Expired      EventType = "TTL_EXPIRATION_REVOKED"
	ExpiredDoubt EventType = "TTL_EXPIRATION_REVOKE_FAILED"
)

// SuggestionResponse says which suggestion a person took.
type SuggestionResponse struct {
	PostbackData string       `json:"postbackData"`
	Text         string       `json:"text,omitzero"`
	Type         ResponseType `json:"type,omitzero"`
}

// ResponseType is the kind of a suggestion that was taken.
type ResponseType string

// Kinds of suggestions.
const (
	ResponseReply  ResponseType = "REPLY"
	ResponseAction ResponseType = "ACTION"
)

// UserFile is a file from a person, with the small picture of it.
type UserFile struct {
	Thumbnail *FileInfo `json:"thumbnail,omitzero"`
	Payload   *FileInfo `json:"payload,omitzero"`
}

// FileInfo is where a file is, and what it is.
type FileInfo struct {
	MIMEType string `json:"mimeType,omitzero"`
	Size     int64  `json:"fileSizeBytes,omitzero"`
	Name     string `json:"fileName,omitzero"`
	URI      string `json:"fileUri"`
}

// AgentEvent is word from an agent to a person: IS_TYPING, or READ with the person's message. Name and SendTime are the platform's.
type AgentEvent struct {
	Name      string    `json:"name,omitzero"`
	EventType EventType `json:"eventType"`
	MessageID string    `json:"messageId,omitzero"`
	SendTime  time.Time `json:"sendTime,omitzero"`
}

// Received is what a person sent, for an Event that is a message. The error is a *FieldError.
func (e Event) Received() (r gsma.Received, err error) {
	if count(e.Text != "", e.Location != nil, e.UserFile != nil, e.Suggestion != nil) != 1 {
		return r, refused("", "must be exactly one of text, location, userFile and suggestionResponse")
	}
	switch {
	case e.Location != nil:
		r.Location = &gsma.Location{Latitude: e.Location.Latitude, Longitude: e.Location.Longitude}
	case e.UserFile != nil:
		r.File, err = e.UserFile.file()
	case e.Suggestion != nil:
		r.Response = e.Suggestion.response()
	default:
		r.Text = e.Text
	}
	return r, err
}

// Part is what a person sent as RCC.07 carries it, for an Event that is a message. Errors: a *FieldError, or those of gsma.Check.
func (e Event) Part() (gsma.Part, error) {
	r, err := e.Received()
	switch {
	case err != nil:
		return gsma.Part{}, err
	case r.Response != nil:
		return gsma.EncodeResponse(*r.Response)
	case r.File != nil:
		return r.File.Part()
	case r.Location != nil:
		return gsma.Encode(r.Content, gsma.RCS.Limits())
	}
	return gsma.Part{ContentType: gsma.TypeText + ";charset=UTF-8", Data: []byte(r.Text)}, nil
}

func (s *SuggestionResponse) response() *gsma.Response {
	c := choice(s.Text, s.PostbackData)
	if s.Type == ResponseAction {
		return &gsma.Response{Action: &c}
	}
	return &gsma.Response{Reply: &c}
}

func (u *UserFile) file() (*gsma.File, error) {
	if u.Payload == nil || u.Payload.URI == "" {
		return nil, refused("userFile.payload.fileUri", "is missing")
	}
	f := &gsma.File{FileInfo: u.Payload.info()}
	if u.Thumbnail != nil {
		small := u.Thumbnail.info()
		f.Thumbnail = &small
	}
	return f, nil
}

func (f *FileInfo) info() gsma.FileInfo {
	return gsma.FileInfo{URL: f.URI, ContentType: f.MIMEType, Size: max(f.Size, 0), Name: f.Name}
}

// Told says what a person sent in this form, as a message without its names; false for what has none here: cards, and what a client tells
// of itself.
func Told(r gsma.Received) (e Event, ok bool) {
	switch {
	case r.Response != nil && r.Response.Reply != nil:
		e.Suggestion = taken(r.Response.Reply, ResponseReply)
	case r.Response != nil && r.Response.Action != nil:
		e.Suggestion = taken(r.Response.Action, ResponseAction)
	case r.Location != nil:
		e.Location = &LatLng{r.Location.Latitude, r.Location.Longitude}
	case r.File != nil:
		e.UserFile = fromReceivedFile(r.File)
	case r.Text != "":
		e.Text = r.Text
	default:
		return Event{}, false
	}
	return e, true
}

func taken(c *gsma.Choice, kind ResponseType) *SuggestionResponse {
	return &SuggestionResponse{PostbackData: data(c), Text: c.DisplayText, Type: kind}
}

func fromReceivedFile(f *gsma.File) *UserFile {
	of := func(i *gsma.FileInfo) *FileInfo {
		if i == nil {
			return nil
		}
		return &FileInfo{MIMEType: i.ContentType, Size: i.Size, Name: i.Name, URI: i.URL}
	}
	return &UserFile{Payload: of(&f.FileInfo), Thumbnail: of(f.Thumbnail)}
}
