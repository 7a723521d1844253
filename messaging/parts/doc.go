// Package parts puts texts together that come over SMPP in segments, durably: each segment may be acknowledged as soon as it is kept, and
// they may come to different nodes in any order. They have an hour. What is kept is known by a keyed digest of both addresses, and holds
// no number; a reference that is used again within the hour for another text with as many segments mixes the two, as it does on handsets.
package parts
