// Package csp is the Chinese operators' common interface between 5G message platforms and chatbots, in its JSON form: its wire form in both
// directions, and a face of messaging by which a chatbot that speaks it connects by changing a server root.
//
// The names of members, paths, headers and codes are those of the public guides for service providers; no specification is published.
//
// # Wire form
//
// [Message], [Inbound], [StatusNotice] and the others are bodies as they travel; [Body] is one element of a messageList, whose contentText is
// a text, a JSON value or either in base64. [Read] and [Write] translate to and from messaging/gsma, which has the same content with the
// file transfers in XML. Reading is lenient where guides and clients differ: one address or a list, a size as a number or a text.
//
// # Callbacks
//
// What the platform calls is signed over a token, a time and a nonce, not over the body ([Sign], [Verify]): a receiver has to keep nonces for as
// long as it takes times to be current, and to come by TLS.
//
// # Face
//
// A chatbot with an appId and an appKey ([Service.Issue]) gets an access token, of which the newest alone is good, for two hours, and 2,000 are
// given out a day. With it, below [Prefix], it sends, asks back, proposes its profile, sets its menu and keeps files, all by messaging's and
// sender's own operations; what they refuse is told by a code of the interface ([CodeFor], one table). The messageId is the key of a message, so one
// that is sent again is the same message.
//
// What becomes of a message and what persons say is read from the chatbot's log of events and called at its webhook of the kind csp
// ([Service.Form]), signed with a token that is made from a key of the server's and a serial number, and kept nowhere. Only states that the
// message asked for are told, all of them where its record was lost with a server; how a revocation ended is told always. A person's number is
// looked up when it is told: of who has none any more nothing is.
//
// It keeps no number, no content and no token in clear.
package csp
