package rbm

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
)

// Face is the manner of the standard, for rpc.Router.Face: unknown fields and parameters are refused, errors stand in Google's envelope.
type Face struct{}

// Strict reports true.
func (Face) Strict() bool { return true }

// Correlator takes none that is malformed: the request gets a fresh one.
func (Face) Correlator(h http.Header) (string, error) { return rpc.Problem{}.Correlator(h) }

// Render writes an error.
func (Face) Render(err *simtrust.Error, _ string) rpc.Reply {
	status := StatusOf(err)
	body, _ := json.Marshal(Fail(status, message(status, err))) // strings and one integer: nothing that can fail
	return rpc.Reply{Status: status.Code(), ContentType: "application/json; charset=UTF-8", Body: body}
}

// message is the text for the caller. A refused credential gets no detail.
func message(s Status, err *simtrust.Error) string {
	switch {
	case s == Unauthenticated:
		return "Request had invalid authentication credentials. Expected OAuth 2 access token."
	case s == Internal || err.Msg == "":
		return http.StatusText(s.Code())
	}
	return err.Msg
}

// cause is what a module says went wrong.
type cause struct {
	kind   simtrust.Kind
	reason string
}

// statuses are the codes of causes. Those without a reason are for whatever else is of a kind that says enough: who may not send, quotas,
// stores that are away. What is invalid, missing or in conflict is mapped by its reason alone.
var statuses = map[cause]Status{
	{simtrust.KindInvalid, ReasonArgument}:            InvalidArgument,
	{simtrust.KindNotFound, ReasonUnreachable}:        NotFound,
	{simtrust.KindNotFound, ReasonNoFile}:             NotFound,
	{simtrust.KindLimited, ReasonFiles}:               ResourceExhausted,
	{simtrust.KindLimited, ReasonTesters}:             ResourceExhausted,
	{simtrust.KindUnprocessable, ReasonUnimplemented}: Unimplemented,

	{simtrust.KindInvalid, messaging.ReasonRecipients}:   InvalidArgument,
	{simtrust.KindInvalid, messaging.ReasonKey}:          InvalidArgument,
	{simtrust.KindConflict, messaging.ReasonKeyUsed}:     AlreadyExists,
	{simtrust.KindUnavailable, messaging.ReasonKeyBusy}:  Unavailable,
	{simtrust.KindInvalid, messaging.ReasonExpiry}:       InvalidArgument,
	{simtrust.KindInvalid, messaging.ReasonContent}:      InvalidArgument,
	{simtrust.KindInvalid, messaging.ReasonLimit}:        InvalidArgument,
	{simtrust.KindInvalid, messaging.ReasonChannels}:     InvalidArgument,
	{simtrust.KindNotFound, messaging.ReasonMessage}:     NotFound,
	{simtrust.KindInvalid, messaging.ReasonFile}:         InvalidArgument,
	{simtrust.KindLimited, messaging.ReasonFileRoom}:     ResourceExhausted,
	{simtrust.KindInvalid, dispatch.ReasonPlan}:          InvalidArgument,
	{simtrust.KindUnavailable, dispatch.ReasonBearer}:    Unavailable,
	{simtrust.KindInvalid, simtrust.ReasonInvalidNumber}: InvalidArgument,

	{simtrust.KindInvalid, rpc.ReasonMalformedBody}:        InvalidArgument,
	{simtrust.KindInvalid, rpc.ReasonUnknownMember}:        InvalidArgument,
	{simtrust.KindInvalid, rpc.ReasonParameter}:            InvalidArgument,
	{simtrust.KindInvalid, rpc.ReasonBodyTooLarge}:         InvalidArgument,
	{simtrust.KindInvalid, rpc.ReasonMediaType}:            InvalidArgument,
	{simtrust.KindInvalid, rpc.ReasonMethod}:               NotFound,
	{simtrust.KindNotFound, rpc.ReasonNoResource}:          NotFound,
	{simtrust.KindUnauthenticated, rpc.ReasonNoCredential}: Unauthenticated,
	{simtrust.KindDenied, rpc.ReasonScope}:                 PermissionDenied,
	{simtrust.KindLimited, rpc.ReasonTooManyRequests}:      ResourceExhausted,
	{simtrust.KindUnavailable, rpc.ReasonTimeout}:          DeadlineExceeded,
	{simtrust.KindUnavailable, rpc.ReasonCancelled}:        Unavailable,
	{simtrust.KindUnavailable, sqldb.ReasonOutcomeUnknown}: Unavailable,
	{simtrust.KindInvalid, sqldb.ReasonText}:               InvalidArgument,

	{simtrust.KindUnauthenticated, ""}: Unauthenticated,
	{simtrust.KindDenied, ""}:          PermissionDenied,
	{simtrust.KindLimited, ""}:         ResourceExhausted,
	{simtrust.KindUnavailable, ""}:     Unavailable,
	{simtrust.KindInternal, ""}:        Internal,
}

// StatusOf is the code of an error.
func StatusOf(err *simtrust.Error) Status {
	for _, c := range [...]cause{{err.Kind, err.Reason}, {err.Kind, ""}} {
		if s, ok := statuses[c]; ok {
			return s
		}
	}
	return Internal
}
