// Package messaging sends business messages for verified senders to tenures, on the best channel that each recipient has, and brings
// back what became of them and what recipients say.
//
// # A message
//
// A chatbot's client sends one content to up to ten thousand recipients. The content is that of RCC.07 (messaging/gsma); for every channel
// of its plan it is rendered and held against that channel's limits before anything is accepted, so a message that cannot be carried is
// refused with the channel and the limit at fault. Each recipient is a number, which is resolved to its tenure here and now, or a
// conversation, which is a tenure already. Those that may not be written to (messaging/optin) are told apart in the answer; for all others
// there is one delivery each (messaging/dispatch), which is asked about, revoked and reported by its own id, never by the number.
//
// A key of the client's makes sending repeatable: the same key with the same request answers what it answered before, with another one it is
// a conflict. Quotas (messaging/sender), the message and its deliveries are one transaction; once it is answered, nothing of it is lost.
//
// # What recipients say
//
// A reply comes from a bearer with the person's number. It becomes an event of the chatbot (messaging/events) that names the delivery which
// it answers, where there is one, and the conversation, a name for this chatbot and this tenure that says nothing of the number. On channels
// without buttons a person types a number or a word; that is matched against the message which the person last got, for a week, and
// arrives as the same suggestion with the same postback. STOP and START are the person's own words and end or begin the permission to write.
//
// A suggestion of a door (Door) is the platform's own: what a person answers with it goes to that door instead of the chatbot's people, and no
// sender can show one.
//
// # Statements and pages
//
// What goes out by RCS carries a statement of who sent it (messaging/statement). A text message carries a short link to the message as a
// page, whose GET changes nothing; the page is there as long as the message may be asked about.
//
// # What it does not do
//
// It fetches no URL of a content. It knows authn, account, renumber, simshield and ca by their public operations only, under a credential
// of its own, and nothing imports it.
package messaging
