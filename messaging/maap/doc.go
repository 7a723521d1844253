// Package maap is the bearer of rich messages by other operators' messaging platforms (MaaP), in two shapes: Google's RCS for Business v1
// (messaging/rbm) and the Chinese operators' interface for service providers (messaging/csp). An [Account] is one chatbot of ours at one
// platform. Messages of chatbots that have none go to the operator's own gateway, where there is one.
//
//	Submit ─▶ the copy's id at the platform, durable ─▶ POST            a callback ─▶ who sent it ─▶ whose is it ─▶ Report, Received
//
// # To the platform
//
// A copy's id at the platform is a UUID made of its own id; it is written down with the account before the platform is given it. So a report
// is taken only from the account that the copy was handed to, also where the answer to the submission was lost, and a copy that was not
// written down was not handed over and never will be: [Bearer.Query] writes that down.
//
//	                  RCS for Business                                 Chinese interface
//	whom it reaches   users:batchGet                                   not known before: everybody
//	a copy            agentMessages.create; asked once more under the  messages
//	                  same id where no answer came
//	its life          ttl: the patience of its step, else to its end   none
//	taking it back    agentMessages.delete, which says nothing         revoke; revokeOk or revokeFail follow
//
// Whom a message reaches only the way of its chatbot is asked. No platform is told the number of somebody to whom another chatbot writes.
//
// Google's rules for a fallback hold: TTL_EXPIRATION_REVOKED is the end of a copy, TTL_EXPIRATION_REVOKE_FAILED says nothing, DELIVERED wins
// over both, whichever comes first. While the platform takes a copy back by itself at its ttl it is not asked to as well: of a copy that was
// deleted on request no event follows.
//
// In the Chinese shape a failure with csp.CodeDoubt says nothing: whoever sends it does not know, and the next step would be a second copy.
//
// A platform that throttles, cannot be reached or hangs is left alone for a time, in which it is not asked whom it reaches either, and its
// copies are put off one by one, so that those of other chatbots go on. The whole channel rests for the gateway, and where the store or the
// directory does not answer, without which nothing goes out by any way.
//
// # From the platform
//
//	POST /messaging/v1/upstream/rbm/{account}
//	GET  /messaging/v1/upstream/csp/{account}/check, also below notifyInfoNotification/{chatbotId}, and by POST
//	POST /messaging/v1/upstream/csp/{account}/messageNotification/{chatbotId}/messages
//	POST /messaging/v1/upstream/csp/{account}/deliveryNotification/{chatbotId}/status
//	POST /messaging/v1/upstream/csp/{account}/notifyInfoNotification/{chatbotId}/notice/{informationChange,rcsspam}
//
// A callback is answered with success when what it says is durable, or says nothing that could ever be used: a report of a copy that the
// account was not handed, a message from a number that nobody here holds, an event of an unknown kind. What can be tried again later is
// answered with 429 or 5xx.
//
// Callbacks in Google's shape are signed as a whole, and have no time of signing: a replay is known by the ids in it. Those of messages are
// kept for 30 days, so words older than 29 count for nothing, and a START gives no consent when it is older than a week or does not say when
// it was said. In both shapes what was said before the tenure of today opened is not its holder's, as far as a callback says when that was.
//
// Callbacks in the Chinese shape are signed over a token, a time and a nonce, and not over the body: whoever can read one on its way and
// stop it, which TLS is to prevent, can put another body under its headers. What limits that: the time must be current to five minutes; the
// nonce is bound to the first path and body that it came with, so that one set of headers carries one body and whoever copies headers comes
// too late; reports count only for copies that the account was handed, under ids that nobody else knows; messages count only for the chatbot
// of the account.
package maap
