package camara

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
)

// ErrorInfo is the error body of every CAMARA API. Status and code are normative, the message is free text.
type ErrorInfo struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Face is the manner of one CAMARA API, for rpc.Router.Face. The zero Face serves an API of Commonalities 0.6 that has no codes of
// its own.
type Face struct {
	// Codes are the API's own, before those of [CodeOf].
	Codes Codes
	// RefuseUnknown turns on the rule of Commonalities 0.8: an undeclared member, at any depth, is INVALID_ARGUMENT. APIs of
	// 0.6 ignore such members.
	RefuseUnknown bool
}

// Strict reports whether undeclared members are refused.
func (f Face) Strict() bool { return f.RefuseUnknown }

// Correlator returns the one x-correlator of the request. A malformed one, or two, is INVALID_ARGUMENT.
func (Face) Correlator(h http.Header) (string, error) {
	given := h.Values(rpc.CorrelatorHeader)
	switch {
	case len(given) == 0:
		return "", nil
	case len(given) > 1 || !rpc.ValidCorrelator(given[0]):
		return "", &simtrust.Error{Kind: simtrust.KindInvalid, Reason: rpc.ReasonCorrelator, Msg: "x-correlator does not match ^[a-zA-Z0-9-_:;.\\/<>{}]{0,256}$"}
	}
	return given[0], nil
}

// Render writes ErrorInfo. The correlator travels in the header only.
func (f Face) Render(err *simtrust.Error, _ string) rpc.Reply {
	code := f.CodeOf(err)
	body, _ := json.Marshal(ErrorInfo{Status: code.Status, Code: code.Name, Message: message(code, err)}) // cannot fail: valid UTF-8, one integer
	return rpc.Reply{Status: code.Status, ContentType: "application/json", Body: body}
}
