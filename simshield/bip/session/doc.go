// Package session is the administration session in which a card with a data channel fetches what a server has for it, as requests and
// answers of HTTP: both ends, octets only (GlobalPlatform Card Specification, Amendment B: Remote Application Management over HTTP,
// GPC_SPE_011 §3.4; ETSI TS 102 226 uses it for remote management over HTTPS).
//
//	POST /…                                              the card's first request: nothing to answer yet
//	X-Admin-Protocol: globalplatform-remote-admin/1.0
//	X-Admin-From: //se-id/iccid/89860012345678900001
//
//	200                                                  a command packet
//	X-Admin-Protocol: globalplatform-remote-admin/1.0
//	X-Admin-Next-URI: /…                                 where the answer goes
//	Content-Type: application/vnd.etsi.scp.command-data;version=1.0
//
//	POST /…                                              the response packet, and the question for the next command
//	X-Admin-Script-Status: ok
//	Content-Type: application/vnd.etsi.scp.response-data;version=1.0
//
//	204                                                  nothing more: the session ends
//
// A session that was cut is taken up by the last request once more, with X-Admin-Resume: true.
//
// # What differs
//
// In the standard the channel is TLS with a key that card and server share (TLS-PSK), and a body is a script that the channel protects.
// Here a body is a secured packet of ETSI TS 102 225, with the card's own keys, counter, checksum and ciphering, as a short message would
// carry it; TLS is that of any web server, and nothing rests on it. X-Admin-From therefore says which card it is and proves nothing. It is
// written with the ICCID; the agent's own name behind it (//aa-id/aid/…) is read over. X-Admin-Targeted-Application is not sent, since the
// packet names its application itself.
package session
