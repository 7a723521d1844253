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
package csp
