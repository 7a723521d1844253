package rpc

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"simtrust"
)

// Reasons of the errors that this package makes itself. A [Face] maps them like any module's.
const (
	ReasonMalformedBody   = "malformed_body"         // invalid: not one JSON text of the expected shape
	ReasonUnknownMember   = "unknown_member"         // invalid: a body member or query parameter that the operation does not know
	ReasonParameter       = "invalid_parameter"      // invalid: a path, query or header parameter of the wrong form
	ReasonBodyTooLarge    = "body_too_large"         // invalid, 413
	ReasonMediaType       = "unsupported_media_type" // invalid, 415
	ReasonMethod          = "method_not_allowed"     // invalid, 405
	ReasonNoResource      = "no_such_resource"       // not_found: the path names no operation
	ReasonCorrelator      = "invalid_correlator"     // invalid
	ReasonNoCredential    = "credential_required"    // unauthenticated
	ReasonScope           = "insufficient_scope"     // denied
	ReasonTooManyRequests = "too_many_requests"      // limited
	ReasonTimeout         = "timeout"                // unavailable, 504
	ReasonCancelled       = "cancelled"              // unavailable: the caller went away
	ReasonUnreachable     = "unreachable"            // unavailable, of a client: no answer, so the outcome is unknown
	ReasonCircuitOpen     = "circuit_open"           // unavailable, of a client: not sent, too many failures before
)

// StatusOf returns the HTTP status that an error has on our own API, and on every face that does not say otherwise.
func StatusOf(e *simtrust.Error) int {
	switch e.Reason {
	case ReasonBodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case ReasonMediaType:
		return http.StatusUnsupportedMediaType
	case ReasonMethod:
		return http.StatusMethodNotAllowed
	case ReasonTimeout:
		return http.StatusGatewayTimeout
	}
	return statusOfKind(e.Kind)
}

func statusOfKind(k simtrust.Kind) int {
	switch k {
	case simtrust.KindInvalid:
		return http.StatusBadRequest
	case simtrust.KindUnauthenticated:
		return http.StatusUnauthorized
	case simtrust.KindDenied:
		return http.StatusForbidden
	case simtrust.KindNotFound:
		return http.StatusNotFound
	case simtrust.KindConflict:
		return http.StatusConflict
	case simtrust.KindUnprocessable:
		return http.StatusUnprocessableEntity
	case simtrust.KindLimited:
		return http.StatusTooManyRequests
	case simtrust.KindUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// kindOfStatus is the inverse, for answers of servers that do not name the kind.
func kindOfStatus(status int) simtrust.Kind {
	switch status {
	case http.StatusUnauthorized:
		return simtrust.KindUnauthenticated
	case http.StatusForbidden:
		return simtrust.KindDenied
	case http.StatusNotFound:
		return simtrust.KindNotFound
	case http.StatusConflict:
		return simtrust.KindConflict
	case http.StatusUnprocessableEntity:
		return simtrust.KindUnprocessable
	case http.StatusTooManyRequests:
		return simtrust.KindLimited
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return simtrust.KindUnavailable
	}
	if status >= 400 && status < 500 {
		return simtrust.KindInvalid
	}
	return simtrust.KindInternal
}

// normalise turns any error into what the caller may see of it, keeping err as the cause for the log.
func normalise(op string, err error) *simtrust.Error {
	if e, ok := errors.AsType[*simtrust.Error](err); ok {
		n := *e
		n.Op = cmp.Or(n.Op, op)
		if err != error(e) {
			n.Err = err
		}
		if n.Kind == simtrust.KindInternal {
			n.Msg = ""
		}
		return &n
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonTimeout, Op: op, Msg: "the request took too long; its outcome is unknown", Err: err}
	case errors.Is(err, context.Canceled):
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonCancelled, Op: op, Err: err}
	default:
		return &simtrust.Error{Kind: simtrust.KindInternal, Op: op, Err: err}
	}
}

func tooLarge(err error) *simtrust.Error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonBodyTooLarge, Msg: "the request body is too large", Err: err}
}

// retryAfter is the cause of a rate limit error; it becomes the Retry-After header.
type retryAfter struct{ wait time.Duration }

func (r retryAfter) Error() string { return "retry after " + r.wait.String() }

// seconds is the value of the Retry-After header: whole seconds, rounded up, an hour at most.
func (r retryAfter) seconds() string {
	return strconv.Itoa(int(math.Ceil(min(r.wait, time.Hour).Seconds())))
}
