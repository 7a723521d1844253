package simtrust

import (
	"errors"
	"strings"
)

// Kind classes an error by what the caller can do about it. It survives the wire: a remote call yields the same Kind and Reason
// as a call in process.
type Kind string

// The kinds, each with the HTTP status that most faces give it.
const (
	KindInvalid         Kind = "invalid"         // 400: the request is malformed; mend it
	KindUnauthenticated Kind = "unauthenticated" // 401: no credential, or not a valid one
	KindDenied          Kind = "denied"          // 403: the credential does not allow this
	KindNotFound        Kind = "not_found"       // 404
	KindConflict        Kind = "conflict"        // 409: the state, or an earlier request under the same key, forbids it
	KindUnprocessable   Kind = "unprocessable"   // 422: well-formed, but does not apply to this subject
	KindLimited         Kind = "limited"         // 429: too many; try later
	KindInternal        Kind = "internal"        // 500: our fault; the text goes to the log, never out
	KindUnavailable     Kind = "unavailable"     // 503: a dependency is away, or the outcome is unknown; try again
)

// Error is the one error type of the program.
type Error struct {
	Kind Kind
	// Reason is a stable lower-case word declared by the module that returns it; part of the wire contract.
	Reason string
	// Op is the operation that failed, such as renumber.check.
	Op string
	// Msg is safe to show to the caller: no number, secret or internal detail.
	Msg string
	// Err is the cause, for the log only.
	Err error
}

func (e *Error) Error() string {
	parts := make([]string, 0, 4)
	for _, p := range []string{e.Op, string(e.Kind), e.Msg} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches another *Error by kind and, where the target names one, reason.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Reason == "" || t.Reason == e.Reason)
}

// KindOf returns the kind of the first *Error in err's chain, [KindInternal] for any other error, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// ReasonOf returns the reason of the first *Error in err's chain, or "".
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
