// Package gateway is the over-the-air platform: it knows the cards, their keys and counters, and brings what others have to say to an
// applet there and its answer back. It knows nothing of what is said.
//
//	Submit, in the caller's transaction ─▶ waiting ─▶ counter raised, durable ─▶ flying, by the bearer ─▶ card
//	Handler.Replied, which settles the packet in its own transaction ◀─ response opened and matched ◀─ bearer
//
// # Promises
//
// A counter is stored as used before the packet with it leaves (ETSI TS 102 225 §5.1.4), and is never used again: the table of what was
// sent has card and counter as its key. One packet at a time is on its way to a card: until the card answers, the phone is known to
// have it, or it ends. A packet that is not answered is sent again with the next counter until it expires, whether its sending, the
// node or the answer was lost; that the card does a thing once is the applet's part, by the id in the data. Each packet ends once,
// whatever races: its end is a guarded update in the transaction of the one who asked.
//
// An answer counts when it opens under the card's keys and carries application and counter of a packet that was sent. A proof of
// receipt without checksum proves nothing and changes nothing. An authentic status 02 (counter low) to the packet on its way, which a
// card gives when the database is older than the card, raises the counter by the configured gap.
//
// A card is reached by short message, or comes for its packets itself (Way; package bip). To the second kind a packet is flying until the
// card answers; until then it is handed out as often as it is asked for, the same octets. One that nobody came for in the time after which it
// would be repeated has an absent card; the time begins anew with a node, since before there may have been nobody to ask.
//
// Any number of nodes may run over one PostgreSQL: they take packets together with their cards under row locks that none waits for.
//
// # Keys
//
// Cards and their keys come from the operator's personalisation by import. They are stored under AES-256-GCM with the card's identity
// as associated data, and leave the package only as secured packets.
//
// # Standards
//
// Secured packets: ETSI TS 102 225, 3GPP TS 31.115 (package ota). Short messages: 3GPP TS 23.040. Wrapped keys in the import file: RFC
// 3394.
package gateway
