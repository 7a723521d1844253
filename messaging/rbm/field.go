package rbm

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"simtrust/messaging/gsma"
)

// FieldError reports a field of a message that is not as it must be. Its text repeats no value.
type FieldError struct {
	// Field is a path such as contentMessage.suggestions[2].reply.text.
	Field string
	Why   string
}

func (e *FieldError) Error() string { return strings.TrimPrefix(e.Field+": "+e.Why, ": ") }

func refused(field, why string) error { return &FieldError{Field: field, Why: why} }

// named says what gsma.Check found in the names of this form.
func named(err error) error {
	if limit := (*gsma.LimitError)(nil); errors.As(err, &limit) {
		bound := "at most"
		if limit.Got < limit.Limit {
			bound = "at least"
		}
		return refused(fieldOf(limit.Field), fmt.Sprintf("%s %d %s, not %d", bound, limit.Limit, limit.Unit, limit.Got))
	}
	if format := (*gsma.FormatError)(nil); errors.As(err, &format) {
		return refused(fieldOf(format.Field), format.Why)
	}
	return err
}

// names are the steps of a pointer into gsma's JSON by those of this form.
var names = strings.NewReplacer(
	"/message/generalPurposeCardCarousel/content", ".richCard.carouselCard.cardContents",
	"/message/generalPurposeCardCarousel/layout/cardWidth", ".richCard.carouselCard.cardWidth",
	"/message/generalPurposeCard/content", ".richCard.standaloneCard.cardContent",
	"/message/generalPurposeCard/layout/imageAlignment", ".richCard.standaloneCard.thumbnailImageAlignment",
	"/message/generalPurposeCard/layout", ".richCard.standaloneCard",
	"/file/thumbnail/url", ".contentInfo.thumbnailUrl", "/file/url", ".contentInfo.fileUrl", "/file", ".contentInfo",
	"/mediaUrl", ".contentInfo.fileUrl", "/mediaFileSize", ".contentInfo", "/mediaContentType", ".contentInfo",
	"/thumbnailUrl", ".contentInfo.thumbnailUrl", "/thumbnailFileSize", ".contentInfo.thumbnailUrl",
	"/displayText", ".text", "/postback/data", ".postbackData", "/fallbackUrl", ".fallbackUrl",
	"/urlAction/openUrl/viewMode", ".openUrlAction.webviewViewMode", "/urlAction/openUrl", ".openUrlAction",
	"/dialerAction/dialPhoneNumber", ".dialAction", "/mapAction/showLocation/location", ".viewLocationAction",
	"/mapAction/showLocation", ".viewLocationAction", "/calendarAction/createCalendarEvent", ".createCalendarEventAction",
	"/", ".",
)

var index = regexp.MustCompile(`\.([0-9]+)`)

func fieldOf(pointer string) string {
	return "contentMessage" + index.ReplaceAllString(names.Replace(pointer), "[$1]")
}
