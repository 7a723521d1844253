package mss

import (
	"errors"
	"fmt"
	"net/http"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// Status codes (TS 102 204, section 9.1).
const (
	codeOK            = 100
	codeWrongParam    = 101
	codeMissingParam  = 102
	codeLength        = 103
	codeUnauthorized  = 104
	codeUnknownClient = 105
	codeInappropriate = 107
	codeIncompatible  = 108
	codeProfile       = 109
	codeExpired       = 208
	codeOTA           = 209
	codeCancel        = 401
	codeBlocked       = 402
	codeNoKey         = 404
	codeBusy          = 406
	codeRegistration  = 407
	codeRevoked       = 501
	codeValid         = 502
	codeInvalid       = 503
	codeOutstanding   = 504
	codeConstraint    = 505
	codeInternal      = 900
)

var names = map[int]string{
	codeOK: "REQUEST_OK", codeWrongParam: "WRONG_PARAM", codeMissingParam: "MISSING_PARAM", codeLength: "WRONG_DATA_LENGTH",
	codeUnauthorized: "UNAUTHORIZED_ACCESS", codeUnknownClient: "UNKNOWN_CLIENT", codeInappropriate: "INAPPROPRIATE_DATA",
	codeIncompatible: "INCOMPATIBLE_INTERFACE",
	codeProfile:      "UNSUPPORTED_PROFILE", codeExpired: "EXPIRED_TRANSACTION", codeOTA: "OTA_ERROR", codeCancel: "USER_CANCEL",
	codeBlocked: "PIN_NR_BLOCKED", codeNoKey: "NO_KEY_FOUND", codeBusy: "PB_SIGNATURE_PROCESS", codeRegistration: "REGISTRATION",
	codeRevoked: "REVOKED_CERTIFICATE", codeValid: "VALID_SIGNATURE", codeInvalid: "INVALID_SIGNATURE", codeOutstanding: "OUTSTANDING_TRANSACTION",
	codeConstraint: "CONSTRAINT_MISMATCH", codeInternal: "INTERNAL_ERROR",
}

// fault is how an operation fails.
type fault struct {
	code   int
	detail string // begins with the sub-code, where one fits
	http   int    // 0: by the code
	err    error  // for the log
}

func (f *fault) Error() string { return fmt.Sprintf("mss: %d %s: %s", f.code, names[f.code], f.detail) }

func (f *fault) Unwrap() error { return f.err }

func failure(code int, detail string) *fault { return &fault{code: code, detail: detail} }

// sender says that the fault is the sender's.
func (f *fault) sender() bool { return f.code < 500 && f.code != codeOTA }

func (f *fault) status() int {
	switch {
	case f.http != 0:
		return f.http
	case f.code == codeUnauthorized:
		return http.StatusUnauthorized
	case f.sender():
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// refusals are what this face calls the refusals of others.
var refusals = map[string]fault{
	simshield.ReasonNotEnrolled:    {code: codeUnknownClient, detail: "1053: the mobile user has no key for this profile"},
	simshield.ReasonNotCurrent:     {code: codeUnknownClient, detail: "1053: the mobile user has no key for this profile"},
	simshield.ReasonCertificate:    {code: codeRevoked, detail: "the mobile user's certificate does not stand"},
	simshield.ReasonBusy:           {code: codeBusy, detail: "a signature of the mobile user is under way"},
	simshield.ReasonTooMany:        {code: codeUnauthorized, detail: "the mobile user was asked too often", http: http.StatusTooManyRequests},
	simshield.ReasonReplayed:       failTransID,
	simshield.ReasonPartySuspended: {code: codeUnauthorized, detail: "1042: the application is suspended"},
	simshield.ReasonUnknown:        failUnknown,
	applet.ReasonTooLong:           {code: codeLength, detail: "what is displayed does not fit the screen"},
}

var (
	failTransID = fault{code: codeWrongParam, detail: "AP_TransID: it was used before"}
	failUnknown = fault{code: codeWrongParam, detail: "MSSP_TransID: you have no such transaction", http: http.StatusNotFound}
)

// faultOf is the fault that an error is.
func faultOf(err error) *fault {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	if f, ok := refusals[simtrust.ReasonOf(err)]; ok {
		return &f
	}
	e, ok := errors.AsType[*simtrust.Error](err)
	switch {
	case ok && e.Kind == simtrust.KindUnauthenticated:
		return failure(codeUnauthorized, "AP_ID and AP_PWD of an application are needed")
	case ok && e.Kind == simtrust.KindInvalid:
		return failure(codeInappropriate, e.Msg)
	case ok && e.Kind == simtrust.KindLimited:
		return &fault{code: codeUnauthorized, detail: e.Msg, http: http.StatusTooManyRequests}
	case ok && e.Kind == simtrust.KindUnavailable:
		return &fault{code: codeInternal, detail: "try again later", http: http.StatusServiceUnavailable, err: err}
	}
	return &fault{code: codeInternal, err: err}
}

// ends are the faults that transactions have ended with, causes those where the cause tells more.
var (
	ends = map[simshield.State]fault{
		simshield.StateRefused:    {code: codeCancel, detail: "4011: the mobile user cancelled"},
		simshield.StateUnanswered: {code: codeExpired, detail: "2082: the mobile user did not answer"},
		simshield.StateExpired:    {code: codeExpired, detail: "2081: no answer came in time"},
		simshield.StateBlocked:    {code: codeBlocked, detail: "4021: the PIN is blocked"},
	}
	causes = map[string]fault{
		simshield.CausePhoneAbsent:   {code: codeOTA, detail: "2093: the phone cannot be reached"},
		simshield.CauseDelivery:      {code: codeOTA, detail: "2091: the message could not be sent"},
		simshield.CauseSIM:           {code: codeInternal, detail: "9003: the SIM's application refused"},
		simshield.CauseHandset:       {code: codeConstraint, detail: "the handset cannot display it"},
		simshield.CauseBusy:          {code: codeBusy, detail: "the SIM is busy"},
		simshield.CauseNoKey:         {code: codeNoKey, detail: "4041: the SIM does not have the key"},
		simshield.CauseSignature:     {code: codeInvalid, detail: "the signature does not verify"},
		simshield.CauseCertificate:   {code: codeRevoked, detail: "the mobile user's certificate does not stand"},
		simshield.CauseSIMChanged:    {code: codeOTA, detail: "2092: the SIM was replaced"},
		simshield.CauseSuspended:     {code: codeUnauthorized, detail: "1043: the mobile user is suspended"},
		simshield.CauseTenureEnded:   {code: codeUnknownClient, detail: "1053: the mobile user has no key for this profile"},
		simshield.CauseLostOwnership: {code: codeUnknownClient, detail: "1053: the mobile user has no key for this profile"},
	}
)

// endOf is the fault of a transaction that has ended without a signature.
func endOf(t simshield.Transaction) *fault {
	f, ok := ends[t.State]
	if !ok {
		f, ok = causes[t.Cause]
	}
	if !ok {
		f = fault{code: codeInternal, detail: "the transaction failed"}
	}
	return &f
}
