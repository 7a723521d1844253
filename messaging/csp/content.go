package csp

import (
	"errors"
	"regexp"

	"simtrust/messaging/gsma"
)

// content reads what a chatbot sends, within the limits of the interface.
func content(list []Body) (gsma.Content, error) {
	got, err := Read(list)
	switch {
	case err != nil:
		return gsma.Content{}, refused("messageList", err, ReasonType)
	case got.Response != nil || got.SharedData != nil:
		return gsma.Content{}, invalid(ReasonType, "messageList: only telephones send that")
	}
	if err := gsma.Check(got.Content, gsma.China.Limits()); err != nil {
		return gsma.Content{}, refused("messageList", err, ReasonContent)
	}
	return got.Content, nil
}

// fields are the members of a content whose faults have codes of their own, by their JSON pointer; the first that fits counts.
var fields = []struct {
	pointer *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`^/text$|/title$|/description$|/contentDescription$`), ReasonText},
	{regexp.MustCompile(`/displayText$`), ReasonButtonName},
	{regexp.MustCompile(`/postback(/data)?$`), ReasonButtonKey},
	{regexp.MustCompile(`/(openUrl/url|fallbackUrl)$`), ReasonButtonURL},
	{regexp.MustCompile(`/suggestions$|/entries$`), ReasonButtons},
	{regexp.MustCompile(`/(suggestions|entries)/\d+(/(reply|action|menu)(/[a-z]+Action)?)?$`), ReasonButtonType},
	{regexp.MustCompile(`/(mediaUrl|thumbnailUrl|file/url|file/thumbnail/url)$`), ReasonFileURL},
	{regexp.MustCompile(`/(mediaFileSize|thumbnailFileSize|file/size|file/thumbnail/size)$`), ReasonFileSize},
	{regexp.MustCompile(`/(mediaContentType|thumbnailContentType|file/contentType|file/thumbnail/contentType)$`), ReasonFileType},
}

// refused is an error of gsma about a member of a request, with the reason of what is at fault in it, or other.
func refused(member string, err error, other string) error {
	var pointer string
	if limit, ok := errors.AsType[*gsma.LimitError](err); ok {
		pointer = limit.Field
	} else if format, ok := errors.AsType[*gsma.FormatError](err); ok {
		pointer = format.Field
	} else {
		return err
	}
	for _, f := range fields {
		if f.pointer.MatchString(pointer) {
			return invalid(f.reason, member+": "+err.Error())
		}
	}
	return invalid(other, member+": "+err.Error())
}
