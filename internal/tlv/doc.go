// Package tlv reads and builds the data objects of smart cards: BER-TLV (ISO/IEC 7816-4 §5.2, ETSI TS 101 220 §7.1.1) and
// COMPREHENSION-TLV (ETSI TS 101 220 §7.1.2).
//
// Lengths take one octet up to 7F, then 81 and one octet, then 82 and two. Reading does not allocate: values are parts of the octets
// read. A reader refuses what is cut short, longer lengths and the indefinite one; lengths and tags in more octets than they need
// are refused on request. The builders append to a slice that the caller owns, as [append] does.
package tlv
