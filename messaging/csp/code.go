package csp

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
)

// codes are what reasons are told as.
var codes = map[string]Code{
	ReasonCredential: CodeCredential, ReasonToken: CodeToken, ReasonExpired: CodeExpired, ReasonSender: CodeSender, ReasonTokenLimit: CodeRate,
	ReasonParameter: CodeParameter, ReasonFilesCount: CodeFiles, ReasonNoFile: CodeNoFile, ReasonType: CodeMessageType,
	ReasonButtons: CodeButtons, ReasonButtonType: CodeButtonType, ReasonButtonName: CodeButtonName, ReasonButtonKey: CodeButtonKey, ReasonButtonURL: CodeButtonURL,
	ReasonText: CodeTextLength, ReasonFileType: CodeFileType, ReasonFileSize: CodeFileSize, ReasonFileURL: CodeFileURL, ReasonContent: CodeContent,

	simtrust.ReasonInvalidNumber: CodeParameter,

	rpc.ReasonMalformedBody: CodeJSON, rpc.ReasonUnknownMember: CodeJSON, rpc.ReasonParameter: CodeParameter, rpc.ReasonBodyTooLarge: CodeParameter,
	rpc.ReasonMediaType: CodeParameter, rpc.ReasonMethod: CodeParameter, rpc.ReasonNoResource: CodeParameter, rpc.ReasonCorrelator: CodeParameter,
	rpc.ReasonNoCredential: CodeCredential, rpc.ReasonScope: CodeAuthority, rpc.ReasonTooManyRequests: CodeRate, rpc.ReasonTimeout: CodeBusy,
	rpc.ReasonCancelled: CodeBusy, rpc.ReasonUnreachable: CodeBusy, rpc.ReasonCircuitOpen: CodeBusy,

	sqldb.ReasonOutcomeUnknown: CodeBusy, sqldb.ReasonStoreUnavailable: CodeBusy, sqldb.ReasonContended: CodeBusy, sqldb.ReasonClosed: CodeBusy,
	sqldb.ReasonText: CodeParameter,

	messaging.ReasonRecipients: CodeParameter, messaging.ReasonKey: CodeParameter, messaging.ReasonKeyUsed: CodeParameter, messaging.ReasonKeyBusy: CodeBusy,
	messaging.ReasonHoldBack: CodeParameter, messaging.ReasonLanguage: CodeParameter, messaging.ReasonExpiry: CodeParameter,
	messaging.ReasonContent: CodeContent, messaging.ReasonLimit: CodeTextLength, messaging.ReasonChannels: CodeAuthority, messaging.ReasonMessage: CodeParameter,
	messaging.ReasonFile: CodeFileType, messaging.ReasonFileRoom: CodeFiles, messaging.ReasonNoFile: CodeFileURL, messaging.ReasonInbound: CodeContent,
	messaging.ReasonNobody: CodeUser, messaging.ReasonDuplicate: CodeParameter, messaging.ReasonConversation: CodeParameter, messaging.ReasonLogin: CodeParameter,
	messaging.ReasonReplaced: CodeAuthority,

	optin.ReasonRecipientChanged: CodeGuest, optin.ReasonNoOptIn: CodeUser, optin.ReasonRefused: CodeRestricted, optin.ReasonSIMChanged: CodeRestricted,
	optin.ReasonSuperseded: CodeSubscribe, optin.ReasonRenewalLimit: CodeRate, optin.ReasonChangesLimit: CodeRate, optin.ReasonUnknownNumber: CodeUser,
	optin.ReasonEvidence: CodeParameter, optin.ReasonBasis: CodeParameter, optin.ReasonClass: CodeParameter, optin.ReasonChatbot: CodeParameter,

	dispatch.ReasonPlan: CodeParameter, dispatch.ReasonBearer: CodeAuthority, dispatch.ReasonReport: CodeParameter, dispatch.ReasonExpired: CodeReplyTime,
	dispatch.ReasonRevoked: CodeRequest, dispatch.ReasonNoAnswer: CodeBusy,

	events.ReasonURL: CodeCallback, events.ReasonUnchecked: CodeCallback, events.ReasonKind: CodeCallback, events.ReasonNoWebhook: CodeCallback,
	events.ReasonLastEvent: CodeParameter, events.ReasonTooManyHeard: CodeRate,

	sender.ReasonOverSecond: CodeSecond, sender.ReasonOverDay: CodeDay, sender.ReasonOverMonth: CodeMonth, sender.ReasonOverYear: CodeYear,
	sender.ReasonUnknownBot: CodeSender, sender.ReasonNotYours: CodeSender, sender.ReasonNotVerified: CodeAuthority, sender.ReasonSuspended: CodeControlled,
	sender.ReasonCertMissing: CodeAuthority, sender.ReasonCertExpired: CodeAuthority, sender.ReasonCertRevoked: CodeAuthority,
	sender.ReasonCertProfile: CodeAuthority, sender.ReasonCertOther: CodeAuthority, sender.ReasonCertUnknown: CodeAuthority, sender.ReasonCertKey: CodeAuthority,
	sender.ReasonProof: CodeAuthority, sender.ReasonProofStale: CodeAuthority,
	sender.ReasonProfile: CodeUpdate, sender.ReasonResembles: CodeUpdate, sender.ReasonMenu: CodeMenu, sender.ReasonName: CodeUpdate,
	sender.ReasonOrganization: CodeUpdate, sender.ReasonClient: CodeUpdate, sender.ReasonServiceID: CodeUpdate, sender.ReasonServiceTaken: CodeUpdate,
	sender.ReasonQuotas: CodeUpdate, sender.ReasonWhy: CodeUpdate, sender.ReasonPage: CodeParameter, sender.ReasonUnknownBrand: CodeUpdate,
	sender.ReasonChanged: CodeUpdate, sender.ReasonNothing: CodeUpdate, sender.ReasonBrandOpen: CodeUpdate, sender.ReasonNotSuspended: CodeUpdate,
	sender.ReasonReviewed: CodeUpdate, sender.ReasonTemplate: CodeContent, sender.ReasonClass: CodeParameter, sender.ReasonUnknownText: CodeParameter,
	sender.ReasonNotApproved: CodeControlled, sender.ReasonValues: CodeParameter, sender.ReasonCount: CodeParameter, sender.ReasonNotDelivered: CodeParameter,
	sender.ReasonSpamKind: CodeParameter,
}

// CodeFor is the result that a refusal is told as. What has no reason of ours, or one of a module behind these, is busy where it may go well
// later.
func CodeFor(kind simtrust.Kind, reason string) Code {
	if code, ok := codes[reason]; ok {
		return code
	}
	switch kind {
	case simtrust.KindUnavailable:
		return CodeBusy
	case simtrust.KindUnauthenticated:
		return CodeToken
	case simtrust.KindLimited:
		return CodeRate
	case simtrust.KindDenied:
		return CodeAuthority
	}
	return CodeRequest
}

// face is the manner of the interface: unknown members are passed over, errors are results. The status says the same to proxies.
type face struct{ rpc.Problem }

// Strict implements rpc.Face.
func (face) Strict() bool { return false }

// Render implements rpc.Face.
func (face) Render(err *simtrust.Error, _ string) rpc.Reply {
	result := Result{Code: CodeFor(err.Kind, err.Reason), Message: strings.ToValidUTF8(err.Msg, "\uFFFD")}
	if result.Message == "" {
		result.Message = http.StatusText(rpc.StatusOf(err))
	}
	body, _ := json.Marshal(result) // a number and a text: nothing that can fail
	return rpc.Reply{Status: rpc.StatusOf(err), ContentType: "application/json", Body: body}
}
