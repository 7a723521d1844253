package rbm

import "net/http"

// Status is a canonical error code by name (google.rpc.Code).
type Status string

// The codes that come out of this API.
const (
	InvalidArgument    Status = "INVALID_ARGUMENT"
	Unauthenticated    Status = "UNAUTHENTICATED"
	PermissionDenied   Status = "PERMISSION_DENIED"
	NotFound           Status = "NOT_FOUND"
	AlreadyExists      Status = "ALREADY_EXISTS"
	FailedPrecondition Status = "FAILED_PRECONDITION"
	ResourceExhausted  Status = "RESOURCE_EXHAUSTED"
	Unimplemented      Status = "UNIMPLEMENTED"
	Internal           Status = "INTERNAL"
	Unavailable        Status = "UNAVAILABLE"
	DeadlineExceeded   Status = "DEADLINE_EXCEEDED"
)

// Code is the HTTP status of a code.
func (s Status) Code() int {
	switch s {
	case InvalidArgument, FailedPrecondition:
		return http.StatusBadRequest
	case Unauthenticated:
		return http.StatusUnauthorized
	case PermissionDenied:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case AlreadyExists:
		return http.StatusConflict
	case ResourceExhausted:
		return http.StatusTooManyRequests
	case Unimplemented:
		return http.StatusNotImplemented
	case Unavailable:
		return http.StatusServiceUnavailable
	case DeadlineExceeded:
		return http.StatusGatewayTimeout
	default:
		return http.StatusInternalServerError
	}
}

// Failure is the body of an error.
type Failure struct {
	Error FailureInfo `json:"error"`
}

// FailureInfo says what went wrong. Message repeats no value of the request.
type FailureInfo struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  Status `json:"status"`
}

// Fail makes the body of an error.
func Fail(s Status, message string) Failure {
	return Failure{FailureInfo{s.Code(), message, s}}
}
