package authn

import "simtrust"

// Reasons for which [Service.Locate] cannot authenticate a request; all but the last two are of kind denied.
const (
	// ReasonAddressUnknown: the forwarding headers of a configured proxy do not name one client address.
	ReasonAddressUnknown = "address_unknown"
	// ReasonNoSession: no session that may authenticate holds the address; the client is on Wi-Fi, say.
	ReasonNoSession = "no_session"
	// ReasonAmbiguousAddress: more than one session claims the address and port.
	ReasonAmbiguousAddress = "ambiguous_address"
	// ReasonStaleSession: the session was not heard of for twice its interim interval.
	ReasonStaleSession = "stale_session"
	// ReasonListenerGap: accounting was not received for a while, and the session was not heard of since.
	ReasonListenerGap = "listener_gap"
	// ReasonNotUsable: the tenure has ended, is suspended or has no named user.
	ReasonNotUsable = "not_usable"
	// ReasonSIMChanged: the session's SIM is not, or no longer, one of the tenure's.
	ReasonSIMChanged = "sim_changed"
	// ReasonInvalidAssertion: an enrichment proxy sent a header that does not hold.
	ReasonInvalidAssertion = "invalid_assertion"

	// ReasonStoreUnwritable (unavailable): the store does not take writes, so sessions may have ended without our knowing.
	ReasonStoreUnwritable = "store_unwritable"
	// ReasonLookupFailed (unavailable): the store or the record of tenures did not answer.
	ReasonLookupFailed = "lookup_failed"
)

const opLocate = "authn.locate"

func denied(reason, msg string, cause error) error {
	return &simtrust.Error{Kind: simtrust.KindDenied, Reason: reason, Op: opLocate, Msg: msg, Err: cause}
}

func lookupFailed(cause error) error {
	return &simtrust.Error{
		Kind: simtrust.KindUnavailable, Reason: ReasonLookupFailed, Op: opLocate, Msg: "the session cannot be looked up now", Err: cause,
	}
}
