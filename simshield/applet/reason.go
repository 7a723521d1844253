package applet

import (
	"errors"

	"simtrust"
)

// Reasons of refusal, all of [simtrust.KindInvalid].
const (
	ReasonMalformed = "applet_malformed" // not a command, response or statement in its one form
	ReasonAltered   = "applet_altered"   // the text of a statement is not what its fields compose to
	ReasonSignature = "applet_signature" // not a signature by that key over that message
	ReasonKey       = "applet_key"       // not a public key of that algorithm

	ReasonMissing     = "text_missing"     // a field that must say something says nothing
	ReasonTooLong     = "text_too_long"    // more octets, in the alphabet of the screen, than the field or the page has
	ReasonEncoding    = "text_encoding"    // not UTF-8, or a half of a surrogate pair
	ReasonNotComposed = "text_not_nfc"     // not in normalization form C
	ReasonControl     = "text_control"     // a control character or line break
	ReasonDirection   = "text_direction"   // a direction mark, or a script that runs from right to left
	ReasonInvisible   = "text_invisible"   // a character that takes no room
	ReasonSpace       = "text_space"       // a space at an end, two in a row, or another space than U+0020
	ReasonCombining   = "text_combining"   // a mark on the character before it
	ReasonDigit       = "text_digit"       // a digit other than 0 to 9, or what passes for one
	ReasonLookalike   = "text_lookalike"   // a character that looks like another, or scripts mixed that have such
	ReasonSeparator   = "text_separator"   // digits parted by what is not a separator of digits
	ReasonUnassigned  = "text_unassigned"  // a code point without a character, or for private use
	ReasonUnsupported = "text_unsupported" // a character that UCS-2 does not have or handsets do not show

	ReasonForm   = "field_form"   // a field that is not of its form
	ReasonAmount = "field_amount" // an amount that is none, or not written as its currency is
)

// field is the cause of a refusal: the name of the field.
type field string

func (f field) Error() string { return "field " + string(f) }

// FieldOf returns the name of the field that was refused, such as payee_name, or "".
func FieldOf(err error) string {
	f, _ := errors.AsType[field](err)
	return string(f)
}

func refuseField(name, reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "applet.compose", Msg: name + ": " + msg, Err: field(name)}
}

func refuse(op, reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "applet." + op, Msg: msg}
}
