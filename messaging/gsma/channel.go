package gsma

import "slices"

// Channel is a way of carrying a content that has limits of its own.
type Channel string

// Channels, from the richest to the plainest.
const (
	// RCS is a rich message to a GSMA client (RCC.07).
	RCS Channel = "rcs"
	// Google is RCS for Business by its REST v1.
	Google Channel = "google"
	// China is a 5G message by the operators' interface for service providers.
	China Channel = "china"
	// Enhanced is an RCS message without cards and chips: a text and at most one file.
	Enhanced Channel = "enhanced"
	// CardSMS is a text message that the telephone's maker shows as a card: a title, words, a short link.
	CardSMS Channel = "card-sms"
	// SMS is a text message.
	SMS Channel = "sms"
)

// Channels returns all of them in order.
func Channels() []Channel { return []Channel{RCS, Google, China, Enhanced, CardSMS, SMS} }

// Rich reports whether the channel carries a content as it is, not as Degrade puts it.
func (c Channel) Rich() bool { return c == RCS || c == Google || c == China }

// Limits are what a channel takes. A zero limit means: none of that.
type Limits struct {
	Channel Channel
	// Text is a message of text alone; for text messages with its signature, links and numbered answers.
	Text Length
	// Cards is the greatest number in a carousel; 0 where there are no cards at all.
	Cards int
	// Suggestions is the length of the chip list, CardSuggestions of that on a card.
	Suggestions, CardSuggestions int
	// Kinds of suggestions that arrive; the others are refused.
	Kinds       []Kind
	DisplayText Length
	// Location says that a place is a content of its own.
	Location bool
	Files    int
	// Thumbnail and AllFiles are octets: of one small picture, and of everything that a message names; 0: no such limit.
	Thumbnail, AllFiles int64
	// Payload is the octets of the content as JSON; 0: no such limit. A face with another form measures that too.
	Payload int
	// Menu has the greatest number of entries on each level.
	Menu []int
}

// The limits of RCC.07's schema that all rich channels have alike, in characters.
const (
	maxPostback        = 2048
	maxTitle           = 200
	maxDescription     = 2000
	maxMediaAlt        = 200
	maxParameters      = 200
	maxSubject         = 60
	maxLabel           = 100
	maxQuery           = 200
	maxEventTitle      = 100
	maxEventText       = 500
	maxComposed        = 100
	maxDeviceModel     = 10
	maxPlatformVersion = 20
	maxClientVendor    = 4
	maxClientVersion   = 15
	minCards           = 2
	maxFonts           = 3
)

// Limits that RCC.07's schema does not have: longest URL that clients and providers take, longest file name, in octets and characters.
const (
	maxURL       = 2048
	maxFileName  = 255
	maxMediaType = 127
)

// maxSMS is what ten segments hold in UTF-16 units. A segment with a 16-bit reference has 66, and ends one earlier where a pair would be
// cut (3GPP TS 23.040 §9.2.3.24.8). What GSM 7 bit can write fits in ten as well: 151 septets each, at most two for a unit.
const maxSMS = 10 * 65

// Limits returns the limits of a channel; those of an unknown channel take nothing.
func (c Channel) Limits() Limits {
	switch c {
	case RCS:
		return rich(c)
	case Google:
		return google()
	case China:
		return china()
	case Enhanced:
		return Limits{Channel: c, Text: Length{2000, Characters}, Files: 1, Thumbnail: thumbnailChina}
	case CardSMS, SMS:
		return Limits{Channel: c, Text: Length{maxSMS, UTF16}}
	default:
		return Limits{Channel: c, Text: Length{Unit: Characters}}
	}
}

// rich has RCC.07's limits. It names none for a text; this is the higher of the two that are in use, Google's.
func rich(c Channel) Limits {
	return Limits{
		Channel: c, Text: Length{3072, Characters}, Cards: 12, Suggestions: 11, CardSuggestions: 4, Kinds: slices.Clone(allKinds[:]),
		DisplayText: Length{25, Characters}, Location: true, Files: 1, Menu: []int{3, 5},
	}
}

// Small pictures: 200 KB and 100 kB, read as thousands of octets, the lower reading.
const (
	thumbnailChina  = 200_000
	thumbnailGoogle = 100_000
)

func china() Limits {
	l := rich(China)
	l.Text, l.DisplayText, l.Thumbnail = Length{2000, Characters}, Length{25, Octets}, thumbnailChina
	return l
}

func google() Limits {
	l := rich(Google)
	l.Cards = 10
	l.Kinds = []Kind{KindReply, KindOpenURL, KindDialPhoneNumber, KindShowLocation, KindRequestLocationPush, KindCreateCalendarEvent}
	l.Thumbnail, l.AllFiles, l.Payload = thumbnailGoogle, 100<<20, 250_000
	l.Location, l.Menu = false, nil
	return l
}

var allKinds = [...]Kind{
	KindReply, KindOpenURL, KindDialPhoneNumber, KindDialEnrichedCall, KindDialVideoCall, KindShowLocation, KindRequestLocationPush,
	KindCreateCalendarEvent, KindComposeTextMessage, KindComposeRecordingMessage, KindRequestDeviceSpecifics, KindDisableAnonymization,
	KindEnableDisplayedNotifications,
}
