// Package rbm speaks Google's RCS for Business (REST v1): its wire form, for whoever sends or receives in it, and a face of messaging for
// agents that were written for Google and are to reach this operator's subscribers by another base URL.
//
// # The wire form
//
// AgentMessage is what an agent sends, Event what its webhook gets. [AgentMessage.Content] and [FromContent] translate messages from and to
// the content of messaging/gsma, [Event.Received] and [Told] what people send. Names and limits are those of the v1 reference: text up to
// 3,072 characters, carousels of 2 to 10 cards, up to 11 suggestions below a message and 4 on a card, 250 KB in all, a life of up to 15
// days. Media are named by URL alone: what they are is told by the ending of the name, and the size that RCC.07 wants is the most that they
// may have, since nobody fetches them to find out. Files that were uploaded here are known exactly.
//
// A webhook's call carries its event as base64, and X-Goog-Signature: the HMAC-SHA512 of the decoded octets under the agent's clientToken,
// as base64 ([Sign], [Open]).
//
// # The face
//
// An agent's message is one of messaging's under the key rbm:messageId, so an id is a message once, whatever comes again under it. It goes
// the ways that the chatbot may use. Who cannot be reached and who may not be written to have one answer, NOT_FOUND, with which nothing is
// sent or used up. Every reason that comes out has its code in one table ([StatusOf]).
//
// Webhooks of the kind rbm are told of messages that came by this face, and of everything that people say, in order and at least once. The
// number in an event is looked up when it is sent: about a tenure that ended nothing is told. Client tokens are derived from a key and a
// serial, which a rotation moves on; no secret is stored.
//
// It fetches no URL of a message, sends no capability callbacks and invites no testers.
package rbm
