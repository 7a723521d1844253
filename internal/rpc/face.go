package rpc

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"simtrust"
)

// A Face is the outward manner of the operations below one path prefix: how errors look, how strict the decoder is, which
// correlators are taken. No rule of a domain lives in it.
type Face interface {
	// Strict reports whether body members and query parameters that an operation does not declare are refused.
	// Where they are not, they are ignored; duplicate and case-variant members are refused in any case.
	Strict() bool
	// Correlator returns the correlator that the caller sent, "" if none, or a KindInvalid error.
	Correlator(h http.Header) (string, error)
	// Render writes err in the standard of the face. An internal error carries no text.
	Render(err *simtrust.Error, correlator string) Reply
}

// Reply is a rendered error.
type Reply struct {
	Status      int
	ContentType string
	Body        []byte
}

// Problem is the face of our own API: strict, errors as problem details (RFC 9457) with the extension members kind, reason and
// correlator. It also serves every path that no other face claims.
type Problem struct{}

// ProblemType is the media type of RFC 9457.
const ProblemType = "application/problem+json"

type problem struct {
	Title      string        `json:"title"`
	Status     int           `json:"status"`
	Detail     string        `json:"detail,omitempty"`
	Kind       simtrust.Kind `json:"kind"`
	Reason     string        `json:"reason,omitempty"`
	Correlator string        `json:"correlator,omitempty"`
}

// Strict reports true.
func (Problem) Strict() bool { return true }

// Correlator ignores a malformed correlator: the request gets a fresh one.
func (Problem) Correlator(h http.Header) (string, error) {
	if id := h.Get(CorrelatorHeader); ValidCorrelator(id) {
		return id, nil
	}
	return "", nil
}

// Render writes problem details; the type member is left out and so means about:blank.
func (Problem) Render(err *simtrust.Error, correlator string) Reply {
	status := StatusOf(err)
	body, _ := json.Marshal(problem{
		Title: http.StatusText(status), Status: status, Detail: strings.ToValidUTF8(err.Msg, "\uFFFD"), Kind: err.Kind,
		Reason: strings.ToValidUTF8(err.Reason, "\uFFFD"), Correlator: correlator,
	}) // strings and one integer: nothing that can fail
	return Reply{Status: status, ContentType: ProblemType, Body: body}
}
