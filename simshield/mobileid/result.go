package mobileid

import (
	"simtrust"
	"simtrust/simshield"
)

// Results of sessions.
const (
	resultOK        = "OK"
	resultTimeout   = "TIMEOUT"
	resultNotClient = "NOT_MID_CLIENT"
	resultCancelled = "USER_CANCELLED"
	resultMismatch  = "SIGNATURE_HASH_MISMATCH"
	resultAbsent    = "PHONE_ABSENT"
	resultDelivery  = "DELIVERY_ERROR"
	resultSIM       = "SIM_ERROR"
	resultNotFound  = "NOT_FOUND" // of a certificate
)

// resultOf is the result that a refusal is; "" where it is an error, or none.
func resultOf(err error) string {
	switch simtrust.ReasonOf(err) {
	case simshield.ReasonNotEnrolled, simshield.ReasonNotCurrent, simshield.ReasonCertificate:
		return resultNotClient
	case simshield.ReasonBusy:
		return resultDelivery
	}
	return ""
}

// ends are the results of transactions that have ended without a signature, causes those where the cause tells more.
var (
	ends = map[simshield.State]string{
		simshield.StateRefused: resultCancelled, simshield.StateUnanswered: resultTimeout, simshield.StateExpired: resultTimeout,
	}
	causes = map[string]string{
		simshield.CausePhoneAbsent: resultAbsent, simshield.CauseDelivery: resultDelivery, simshield.CauseBusy: resultDelivery,
		simshield.CauseSignature: resultMismatch, simshield.CauseCertificate: resultNotClient, simshield.CauseLostOwnership: resultNotClient,
		simshield.CauseTenureEnded: resultNotClient, simshield.CauseSIMChanged: resultNotClient, simshield.CauseSuspended: resultNotClient,
		simshield.CauseNoKey: resultNotClient,
	}
)

// endOf is the result of a transaction that has ended without a signature.
func endOf(t simshield.Transaction) string {
	if r, ok := ends[t.State]; ok {
		return r
	}
	if r, ok := causes[t.Cause]; ok {
		return r
	}
	return resultSIM
}
