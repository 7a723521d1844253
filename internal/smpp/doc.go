// Package smpp speaks SMPP 3.4, the protocol between a service centre for short messages (SMSC) and those who send and receive through
// it (ESME), in both parts. "SMPP 3.4 §" refers to the Short Message Peer to Peer Protocol Specification v3.4, issue 1.2.
//
// # Packets
//
// A packet is a [Header] and a [PDU], one struct for each command. [Append] builds one and [Parse] reads one; both hold every field
// against the standard and name the field and the status where it is wrong. All of 3.4 is covered but submit_multi, which is refused
// with ESME_RINVCMDID. Optional parameters stay as they travel ([Options]).
//
// # Texts
//
// [Message.Split] turns a text into as many messages as it needs, in the GSM 7 bit alphabet or in UCS-2, with user data headers, SAR
// parameters or as one message_payload; an [Inbox] puts such messages together and [Message.Text] reads them. A [Receipt] says what
// became of a message. It comes as a text of many dialects and as parameters.
//
// # Sessions
//
// A [Session] is one connection. Both sides have requests under way at once, as many as the window of [Link] allows, and what is queued
// while a write is under way goes out with the next one. [Dial] opens a session as an ESME, a [Client] keeps one open, a [Server] takes
// them as a service centre. Each has a [Handler] for what the other side asks; its answer is sent when the handler has returned, so that
// a deliver_sm is acknowledged only when it is durable.
//
// A request has one of three outcomes. The other side did it; or it did not, since it refused or nothing was sent; or nobody knows
// ([ErrUnknown]), since the answer was lost. What may have had an effect is never sent again by this package.
//
// A session ends when the other side breaks the protocol (a packet of an impossible length, which it is told by generic_nack; a response
// of another kind than its request; a sequence number that is in use), is silent, does not read what it is sent, or does not bind in
// time. Addresses, messages and passwords do not print.
//
// Not covered: outbind is read but never acted upon; broadcast and other commands of SMPP 5.0.
package smpp
