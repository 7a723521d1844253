// Package radacct encodes and decodes the attributes of a RADIUS Accounting-Request and sends such requests as a network access
// server (NAS) does. It knows octets and nothing of subscribers: the listener in authn/radius and the simulated NAS of the
// sandbox share it.
//
// Covered: RFC 2866 (accounting), Event-Timestamp of RFC 2869 §5.3, Framed-IPv6-Prefix of RFC 3162 §2.3, 3GPP-IMSI and
// 3GPP-IMEISV of 3GPP TS 29.061 §16.4.7 (vendor 10415), and IP-Port-Range of RFC 8045 §3.1.2, an extended attribute of RFC 6929.
//
// Decoding is strict: an attribute of the wrong length, a value outside its syntax, or a second copy of an attribute that may
// occur once makes the whole request an error. A request that is understood in part would attribute an address to the wrong
// subscriber. Errors name the attribute and never repeat its value.
package radacct
