package csp

// Code is the result of a request.
type Code int64

// The codes of results. 81000 to 83999 and 87000 to 89999 are operators' own.
const (
	CodeOK          Code = 0
	CodeBusy        Code = -1
	CodeParameter   Code = 20002
	CodeRequest     Code = 20003 // it failed for another reason
	CodeDay         Code = 30001 // quotas
	CodeMonth       Code = 30002
	CodeSecond      Code = 30003
	CodeYear        Code = 30004
	CodeCallback    Code = 30006 // a callback is not what it says
	CodeSender      Code = 30008 // the chatbot is not the sender
	CodeCredential  Code = 40001 // appKey or accessToken
	CodeFileType    Code = 40005
	CodeFileSize    Code = 40006
	CodeFileURL     Code = 40007
	CodeMessageType Code = 40008
	CodeUpdate      Code = 40011 // information about the chatbot was not taken
	CodeToken       Code = 40014
	CodeButtons     Code = 40016 // how many
	CodeButtonType  Code = 40017
	CodeButtonName  Code = 40018
	CodeButtonKey   Code = 40019
	CodeButtonURL   Code = 40020
	CodeTextLength  Code = 40021
	CodeFiles       Code = 40040 // how many
	CodeNoFile      Code = 41005
	CodeExpired     Code = 42001 // the accessToken
	CodeEmpty       Code = 44002 // the body
	CodeRate        Code = 45001
	CodeReplyTime   Code = 45010
	CodeUser        Code = 46001 // there is no such person
	CodeGuest       Code = 46002 // there is no such temporary person
	CodeRestricted  Code = 46003 // the person is not to be written to
	CodeJSON        Code = 47001
	CodeMenu        Code = 47002 // JSON of a menu
	CodeAuthority   Code = 48001 // the chatbot may not do that
	CodeContent     Code = 60001
	CodeSubscribe   Code = 60002 // the person has not agreed
	CodeControlled  Code = 70001 // the message is held back by rule
	CodeDoubt       Code = 81001 // this platform's own: the message's time is over, and nobody can say whether it arrived
)

// Result is how a request went.
type Result struct {
	Code    Code   `json:"errorCode"`
	Message string `json:"errorMessage,omitzero"`
}

// Done is the result of a request that went well.
func Done() Result { return Result{Message: "success"} }

// Answer is the answer to a Message, to a Revocation and, by a chatbot, to an Inbound.
type Answer struct {
	ID           string `json:"messageId"`
	Conversation string `json:"conversationId,omitzero"`
	Contribution string `json:"contributionId,omitzero"`
	Result
}
