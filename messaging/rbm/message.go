package rbm

import "time"

// AgentMessage is a message from an agent to a person. Name and SendTime are the platform's.
type AgentMessage struct {
	Name           string          `json:"name,omitzero"`
	SendTime       time.Time       `json:"sendTime,omitzero"`
	ContentMessage *ContentMessage `json:"contentMessage,omitzero"`
	TrafficType    TrafficType     `json:"messageTrafficType,omitzero"`
	// ExpireTime or TTL, not both: when it is taken back if it was not delivered.
	ExpireTime time.Time `json:"expireTime,omitzero"`
	TTL        *Duration `json:"ttl,omitzero"`
}

// TrafficType is what a message is for.
type TrafficType string

// Traffic types.
const (
	TrafficUnspecified     TrafficType = "MESSAGE_TRAFFIC_TYPE_UNSPECIFIED"
	TrafficAuthentication  TrafficType = "AUTHENTICATION"
	TrafficTransaction     TrafficType = "TRANSACTION"
	TrafficPromotion       TrafficType = "PROMOTION"
	TrafficServiceRequest  TrafficType = "SERVICEREQUEST"
	TrafficAcknowledgement TrafficType = "ACKNOWLEDGEMENT"
)

// ContentMessage is what a message says: exactly one of a text, a file of one of three kinds, and a rich card; and chips below it.
type ContentMessage struct {
	Text string `json:"text,omitzero"`
	// FileName is the older form of UploadedFile.
	FileName     string        `json:"fileName,omitzero"`
	UploadedFile *UploadedFile `json:"uploadedRbmFile,omitzero"`
	ContentInfo  *ContentInfo  `json:"contentInfo,omitzero"`
	RichCard     *RichCard     `json:"richCard,omitzero"`
	Suggestions  []Suggestion  `json:"suggestions,omitempty"`
}

// UploadedFile names a file by what its upload was answered with, files/….
type UploadedFile struct {
	FileName      string `json:"fileName"`
	ThumbnailURL  string `json:"thumbnailUrl,omitzero"`
	ThumbnailName string `json:"thumbnailName,omitzero"`
}

// ContentInfo names a file by its URL.
type ContentInfo struct {
	FileURL      string `json:"fileUrl"`
	ThumbnailURL string `json:"thumbnailUrl,omitzero"`
	// ForceRefresh is about caches, of which there are none here.
	ForceRefresh bool `json:"forceRefresh,omitzero"`
}

// RichCard is exactly one of a carousel and a card.
type RichCard struct {
	Carousel   *CarouselCard   `json:"carouselCard,omitzero"`
	Standalone *StandaloneCard `json:"standaloneCard,omitzero"`
}

// CarouselCard is a row of 2 to 10 cards.
type CarouselCard struct {
	Width    CardWidth     `json:"cardWidth,omitzero"`
	Contents []CardContent `json:"cardContents"`
}

// StandaloneCard is a single card.
type StandaloneCard struct {
	Orientation CardOrientation `json:"cardOrientation,omitzero"`
	// Alignment is a horizontal card's; LEFT where it is not said.
	Alignment ThumbnailAlignment `json:"thumbnailImageAlignment,omitzero"`
	Content   *CardContent       `json:"cardContent,omitzero"`
}

// CardContent is what stands on a card: a title of up to 200 characters, a description of up to 2,000, up to four suggestions.
type CardContent struct {
	Title       string       `json:"title,omitzero"`
	Description string       `json:"description,omitzero"`
	Media       *Media       `json:"media,omitzero"`
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Media is a file on a card. A horizontal card has no Height.
type Media struct {
	Height       MediaHeight   `json:"height,omitzero"`
	FileName     string        `json:"fileName,omitzero"`
	UploadedFile *UploadedFile `json:"uploadedRbmFile,omitzero"`
	ContentInfo  *ContentInfo  `json:"contentInfo,omitzero"`
}

// CardOrientation is how a card's picture and words stand to each other.
type CardOrientation string

// Orientations.
const (
	Horizontal CardOrientation = "HORIZONTAL"
	Vertical   CardOrientation = "VERTICAL"
)

// ThumbnailAlignment is the side of the picture on a horizontal card.
type ThumbnailAlignment string

// Alignments.
const (
	AlignmentUnspecified ThumbnailAlignment = "THUMBNAIL_IMAGE_ALIGNMENT_UNSPECIFIED"
	Left                 ThumbnailAlignment = "LEFT"
	Right                ThumbnailAlignment = "RIGHT"
)

// CardWidth is that of the cards of a carousel: 120 and 232 dp.
type CardWidth string

// Widths.
const (
	Small  CardWidth = "SMALL" // not with tall media
	Medium CardWidth = "MEDIUM"
)

// MediaHeight is 112, 168 or 264 dp.
type MediaHeight string

// Heights.
const (
	HeightUnspecified MediaHeight = "HEIGHT_UNSPECIFIED"
	HeightShort       MediaHeight = "SHORT"
	HeightMedium      MediaHeight = "MEDIUM"
	HeightTall        MediaHeight = "TALL"
)
