package rpc

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust"
)

func malformed(msg string) *simtrust.Error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonMalformedBody, Msg: msg}
}

// bodyError words a decoding error without a value of the body: a value may be a number. For the same reason the library's error,
// which may quote it, is not kept as the cause.
func bodyError(err error) *simtrust.Error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return malformed("a member occurs twice")
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return malformed(fmt.Sprintf("not a JSON text, at octet %d", syntax.ByteOffset))
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return malformed("not the expected JSON")
	case errors.Is(err, json.ErrUnknownName):
		return &simtrust.Error{
			Kind: simtrust.KindInvalid, Reason: ReasonUnknownMember, Msg: "unknown member" + shown(semantic.JSONPointer),
		}
	default:
		return malformed("wrong type or form of a member" + shown(semantic.JSONPointer))
	}
}

// plainPointer is a JSON pointer of words and short array indexes; any other could hold what must not be shown.
var plainPointer = regexp.MustCompile(`^(/([A-Za-z_-]{1,40}|[0-9]{1,4}))+$`)

func shown(p jsontext.Pointer) string {
	if !plainPointer.MatchString(string(p)) {
		return ""
	}
	return " at " + string(p)
}
