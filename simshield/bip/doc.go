// Package bip is the bearer of cards that come for their packets themselves, over a data channel that their phone opens (Bearer Independent
// Protocol, ETSI TS 102 223 §6.4.27): administration sessions over HTTPS (package session, GlobalPlatform Amendment B, ETSI TS 102 226).
//
//	card ── POST, held until there is something ──▶ 200, a packet ──▶ POST with the response packet ──▶ 200, the next one, or 204
//
// # Promises
//
// A request changes nothing unless it brings an authentic response packet. The over-the-air platform (package gateway) uses up a packet's
// counter, durably, before the packet can be handed out, lets one packet at a time be on its way to a card, and matches a response by card,
// application and counter. So a packet may be handed out as often as it is asked for: it is the same octets, until it is answered or
// repeated with the next counter. Two requests at once for one card get the same packet; a session that is cut goes on where it was.
//
// A request that asks to wait (?wait=SECONDS) is held without a connection to the store. A packet that this node has made ready wakes it at
// once; one of another node does within a second, by one look at the store for all that are held.
//
// # What the channel is trusted with
//
// Nothing. Who a request is from (X-Admin-From) is not authenticated: whoever knows an ICCID gets the packet that waits for that card, which
// is ciphered under the card's keys and does nothing on another card, and learns that there is one; the card gets it all the same. A card
// that is not known, one that is reached by short message, and one for which nothing waits are answered alike, and so are responses of
// unknown cards and responses that are not authentic. How often a card is asked for is limited for each network that asks (an IPv4
// address, an IPv6 /64), so that a stranger does not use up the card's own requests; so is how many requests one holds.
//
// # What it does not do
//
// It opens no channel: when a card asks is its own or its phone's matter. Whether a phone is switched off it cannot tell: a card that does
// not come for a packet before it would be repeated counts as absent (package gateway).
package bip
