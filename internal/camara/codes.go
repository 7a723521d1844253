package camara

import (
	"net/http"
	"strings"

	"simtrust"
	"simtrust/internal/rpc"
)

// Code is a status and code of the table in Commonalities, or of an API (API_NAME.SPECIFIC_CODE).
type Code struct {
	Status int
	Name   string
}

// The codes that faces of more than one API give.
var (
	InvalidArgument       = Code{http.StatusBadRequest, "INVALID_ARGUMENT"}
	OutOfRange            = Code{http.StatusBadRequest, "OUT_OF_RANGE"}
	Unauthenticated       = Code{http.StatusUnauthorized, "UNAUTHENTICATED"}
	PermissionDenied      = Code{http.StatusForbidden, "PERMISSION_DENIED"}
	InvalidTokenContext   = Code{http.StatusForbidden, "INVALID_TOKEN_CONTEXT"}
	NotFound              = Code{http.StatusNotFound, "NOT_FOUND"}
	IdentifierNotFound    = Code{http.StatusNotFound, "IDENTIFIER_NOT_FOUND"}
	MethodNotAllowed      = Code{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED"}
	Aborted               = Code{http.StatusConflict, "ABORTED"}
	AlreadyExists         = Code{http.StatusConflict, "ALREADY_EXISTS"}
	UnsupportedMediaType  = Code{http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"}
	UnsupportedIdentifier = Code{http.StatusUnprocessableEntity, "UNSUPPORTED_IDENTIFIER"}
	UnnecessaryIdentifier = Code{http.StatusUnprocessableEntity, "UNNECESSARY_IDENTIFIER"}
	ServiceNotApplicable  = Code{http.StatusUnprocessableEntity, "SERVICE_NOT_APPLICABLE"}
	MissingIdentifier     = Code{http.StatusUnprocessableEntity, "MISSING_IDENTIFIER"}
	QuotaExceeded         = Code{http.StatusTooManyRequests, "QUOTA_EXCEEDED"}
	TooManyRequests       = Code{http.StatusTooManyRequests, "TOO_MANY_REQUESTS"}
	Internal              = Code{http.StatusInternalServerError, "INTERNAL"}
	Unavailable           = Code{http.StatusServiceUnavailable, "UNAVAILABLE"}
	TimedOut              = Code{http.StatusGatewayTimeout, "TIMEOUT"}
)

// Cause is what a module says went wrong.
type Cause struct {
	Kind   simtrust.Kind
	Reason string
}

// Codes maps causes to codes.
type Codes map[Cause]Code

// Reasons of rules that CAMARA APIs share, for the errors that a face makes itself.
const (
	ReasonMissingIdentifier     = "missing_identifier"     // unprocessable: 2-legged token and no phoneNumber
	ReasonUnnecessaryIdentifier = "unnecessary_identifier" // unprocessable: 3-legged token and a phoneNumber, even if equal
	ReasonServiceNotApplicable  = "service_not_applicable" // unprocessable: known, but the service does not apply
)

var common = Codes{
	{simtrust.KindInvalid, rpc.ReasonMethod}:                  MethodNotAllowed,
	{simtrust.KindInvalid, rpc.ReasonMediaType}:               UnsupportedMediaType,
	{simtrust.KindUnprocessable, ReasonMissingIdentifier}:     MissingIdentifier,
	{simtrust.KindUnprocessable, ReasonUnnecessaryIdentifier}: UnnecessaryIdentifier,
	{simtrust.KindUnprocessable, ReasonServiceNotApplicable}:  ServiceNotApplicable,
	{simtrust.KindUnavailable, rpc.ReasonTimeout}:             TimedOut,
}

var byKind = map[simtrust.Kind]Code{
	simtrust.KindInvalid:         InvalidArgument,
	simtrust.KindUnauthenticated: Unauthenticated,
	simtrust.KindDenied:          PermissionDenied,
	simtrust.KindNotFound:        NotFound,
	simtrust.KindConflict:        Aborted,
	simtrust.KindUnprocessable:   ServiceNotApplicable,
	simtrust.KindLimited:         TooManyRequests,
	simtrust.KindUnavailable:     Unavailable,
}

// CodeOf returns the code of err: the API's own, else that of a reason which all APIs share, else that of the kind.
func (f Face) CodeOf(err *simtrust.Error) Code {
	if c, ok := f.Maps(err.Kind, err.Reason); ok {
		return c
	}
	if c, ok := byKind[err.Kind]; ok {
		return c
	}
	return Internal
}

// Maps returns the code that the face gives this very cause, and false where only the kind would decide. Modules test their
// reasons with it.
func (f Face) Maps(kind simtrust.Kind, reason string) (Code, bool) {
	if c, ok := f.Codes[Cause{kind, reason}]; ok {
		return c, true
	}
	c, ok := common[Cause{kind, reason}]
	return c, ok
}

var texts = map[Code]string{
	InvalidArgument:  "Client specified an invalid argument, request body or query param.",
	Unauthenticated:  "Request not authenticated due to missing, invalid, or expired credentials.",
	PermissionDenied: "Client does not have sufficient permissions to perform this action.",
	NotFound:         "The specified resource is not found.",
	Unavailable:      "Service Unavailable.",
	TimedOut:         "Request timeout exceeded.",
}

// maxMessage is the maxLength of message in Commonalities 0.8.
const maxMessage = 512

// message is the text for the caller. A refused credential gets no detail.
func message(c Code, err *simtrust.Error) string {
	text := strings.ToValidUTF8(err.Msg, "\uFFFD")
	if text == "" || c == Unauthenticated {
		text = texts[c]
	}
	if text == "" {
		text = http.StatusText(c.Status)
	}
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "")
	}
	return text
}
