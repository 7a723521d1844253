package gsma

// RichCard is the root "message": exactly one of a card and a carousel.
type RichCard struct {
	Card     *Card     `json:"generalPurposeCard,omitzero"`
	Carousel *Carousel `json:"generalPurposeCardCarousel,omitzero"`
}

// Card is a single card.
type Card struct {
	Layout  CardLayout  `json:"layout"`
	Content CardContent `json:"content"`
}

// Carousel is a row of cards to leaf through.
type Carousel struct {
	Layout  CarouselLayout `json:"layout"`
	Content []CardContent  `json:"content"`
}

// Orientation is how a card's picture and words stand to each other.
type Orientation string

// Orientations.
const (
	Vertical   Orientation = "VERTICAL"
	Horizontal Orientation = "HORIZONTAL" // with an Alignment
)

// Alignment is the side of the picture on a horizontal card.
type Alignment string

// Alignments.
const (
	Left  Alignment = "LEFT"
	Right Alignment = "RIGHT"
)

// Width is that of the cards of a carousel.
type Width string

// Widths.
const (
	Small  Width = "SMALL_WIDTH" // not with tall media
	Medium Width = "MEDIUM_WIDTH"
)

// Height is that of the media on a card.
type Height string

// Heights.
const (
	Short  Height = "SHORT_HEIGHT"
	Middle Height = "MEDIUM_HEIGHT"
	Tall   Height = "TALL_HEIGHT"
)

// FontStyle is how words look.
type FontStyle string

// Font styles.
const (
	Italics   FontStyle = "italics"
	Bold      FontStyle = "bold"
	Underline FontStyle = "underline"
)

// Fonts are the styles of a card's words.
type Fonts struct {
	Title       []FontStyle `json:"titleFontStyle,omitempty"`
	Description []FontStyle `json:"descriptionFontStyle,omitempty"`
	// Style is the URL of a style sheet.
	Style string `json:"style,omitzero"`
}

// CardLayout is the look of a single card.
type CardLayout struct {
	Orientation Orientation `json:"cardOrientation"`
	Alignment   Alignment   `json:"imageAlignment,omitzero"`
	Fonts
}

// CarouselLayout is the look of a carousel.
type CarouselLayout struct {
	Width Width `json:"cardWidth"`
	Fonts
}

// CardContent is what stands on a card: at least one of media, title and description.
type CardContent struct {
	Media       *Media       `json:"media,omitzero"`
	Title       string       `json:"title,omitzero"`
	Description string       `json:"description,omitzero"`
	Suggestions []Suggestion `json:"suggestions,omitempty"`
}

// Media is a picture, a film or a sound on a card. Sizes are octets; 0 where the other side left one out, which is not sent on.
type Media struct {
	URL                  string `json:"mediaUrl"`
	ContentType          string `json:"mediaContentType"`
	Size                 int64  `json:"mediaFileSize,omitzero"`
	ThumbnailURL         string `json:"thumbnailUrl,omitzero"`
	ThumbnailContentType string `json:"thumbnailContentType,omitzero"`
	ThumbnailSize        int64  `json:"thumbnailFileSize,omitzero"`
	Height               Height `json:"height"`
	// Description is for those who do not see it.
	Description string `json:"contentDescription,omitzero"`
}
