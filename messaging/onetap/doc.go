// Package onetap makes links in messages that log their recipient in at an app: one tap, no password, nothing to type on the phone's own
// data session.
//
// # Sending
//
// A chatbot names apps and URLs in a request ("logins"); each button of the content that opens such a URL opens it logged in. Only apps
// that an operator has allowed to the chatbot, and only URLs of the origin that was named then, are taken.
//
// A content is stored once for all its recipients, so it is stored with a place in it, as long as a link, and limits count it. When a copy
// is handed to a bearer the place becomes the recipient's own link ([Bearer]); what a statement vouches for is what is delivered. A place
// is keyed with the id of its message, which nobody knows while they write one: no content smuggles one in.
//
// # The link
//
//	{issuer}/t/{token}    44 characters: the place in the message, the delivery, and a MAC of 80 bits, in base 32
//
// There is no row for it: whose it is follows from the delivery, and what it opens from the message. GET shows who asks to open what, and
// a button; it changes nothing and prompts nobody, for previews and scanners follow links too. POST by that button asks the provider for a
// ticket (operation authn.ticket) under an id that is the link's own, and leads on to it: so a link has one ticket, ever, and is used once.
// A ticket logs in the tenure that the message was for, on its own data session or with its SIM, and nobody else.
//
// A link that is wrong, too old, taken back, of a sender that is not live, of an app that is not allowed any more, or of a tenure that has
// ended is answered alike, with 404. A link lives for six days after its message.
package onetap
