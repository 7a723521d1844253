package sender

import "simtrust"

// Reasons of refusal.
const (
	ReasonName         = "name_refused"           // invalid: the name of a brand or chatbot
	ReasonResembles    = "name_resembles_another" // conflict: it is, or looks like, the name of another brand
	ReasonOrganization = "organization_refused"   // invalid
	ReasonClient       = "client_refused"         // invalid
	ReasonServiceID    = "service_id_refused"     // invalid
	ReasonServiceTaken = "service_id_taken"       // conflict
	ReasonProfile      = "profile_refused"        // invalid
	ReasonMenu         = "menu_refused"           // invalid
	ReasonQuotas       = "quotas_refused"         // invalid
	ReasonWhy          = "why_needed"             // invalid: an act that is audited says why
	ReasonPage         = "page_refused"           // invalid
	ReasonUnknownBrand = "unknown_brand"          // not found
	ReasonUnknownBot   = "unknown_chatbot"        // not found: to operators only
	ReasonNotYours     = "not_your_chatbot"       // denied: another's, or there is none
	ReasonChanged      = "changed_since"          // conflict: it is no longer what the reviewer saw
	ReasonNothing      = "nothing_to_review"      // conflict
	ReasonBrandOpen    = "brand_not_verified"     // conflict
	ReasonNotSuspended = "not_suspended"          // conflict
	ReasonNotVerified  = "not_verified"           // denied, as the following: the chatbot is not live
	ReasonSuspended    = "sender_suspended"
	ReasonCertMissing  = "certificate_missing" // none is bound, or the one that was is not in the register
	ReasonCertExpired  = "certificate_expired" // denied: not valid now
	ReasonCertRevoked  = "certificate_revoked" // denied
	ReasonCertProfile  = "certificate_profile" // denied: not of the profile enterprise
	ReasonCertOther    = "certificate_of_another_organization"
	ReasonCertUnknown  = "certificate_unknown"   // not found
	ReasonCertKey      = "certificate_key"       // unprocessable: no JWS algorithm for keys of its kind
	ReasonProof        = "proof_refused"         // denied: not signed by the certificate's key for this chatbot here
	ReasonProofStale   = "proof_stale"           // denied: too old, from the future, or older than the last
	ReasonTemplate     = "template_refused"      // invalid
	ReasonClass        = "class_unknown"         // invalid
	ReasonUnknownText  = "unknown_template"      // not found: also another chatbot's
	ReasonReviewed     = "already_reviewed"      // conflict
	ReasonNotApproved  = "template_not_approved" // denied
	ReasonValues       = "template_values"       // invalid: not one fit value for each slot
	ReasonCount        = "count_refused"         // invalid: nothing to be counted
	ReasonOverSecond   = "over_second_quota"     // limited, as the following
	ReasonOverDay      = "over_day_quota"
	ReasonOverMonth    = "over_month_quota"
	ReasonOverYear     = "over_year_quota"
	ReasonNotDelivered = "never_delivered"   // denied: a report about a message that its reporter never had
	ReasonSpamKind     = "spam_kind_refused" // invalid
)

func refusal(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: "sender", Msg: msg}
}

func invalid(reason, msg string) error  { return refusal(simtrust.KindInvalid, reason, msg) }
func denied(reason, msg string) error   { return refusal(simtrust.KindDenied, reason, msg) }
func conflict(reason, msg string) error { return refusal(simtrust.KindConflict, reason, msg) }
func notFound(reason, msg string) error { return refusal(simtrust.KindNotFound, reason, msg) }

// errNotYours is the same for a chatbot of another client and for none, so that ids cannot be tried out.
var errNotYours = denied(ReasonNotYours, "this client has no such chatbot")

var (
	errUnknownBrand    = notFound(ReasonUnknownBrand, "no brand has this id")
	errUnknownChatbot  = notFound(ReasonUnknownBot, "no chatbot has this id")
	errUnknownTemplate = notFound(ReasonUnknownText, "no template of this chatbot has this id")
	errResembles       = conflict(ReasonResembles, "the name is, or looks like, that of another brand")
	errWhy             = invalid(ReasonWhy, "why: 1 to 500 characters, for the record")
)
