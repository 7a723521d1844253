// Package statement makes and checks the sender statement: who sent a message, to whom, with which content, in a form that a handset or
// anyone can check.
//
// A statement is a JWS in compact form (RFC 7515), typ simtrust-sender+jwt, ES256 by a key of the server's JWKS:
//
//	{"iss":"https://id.operator.example","iat":1795334400,"jti":"sta_…",
//	 "sender":"bot_…","name":"示例银行","brand":"示例银行股份有限公司","x5t#S256":"…",   the chatbot, and its enterprise certificate (RFC 7515 §4.1.8)
//	 "mid":"msg_…","chn":"rcs",                                                  the message, the channel it went out on
//	 "dig":"…",                                                                  SHA-256 over content type, LF and body as delivered
//	 "rcp":"…"}                                                                  SHA-256 over salt and number (E.164, with its plus)
//
// Octets are base64url without padding. The salt, 16 octets, goes to the recipient's handset alone: whoever else has the statement cannot
// find the number by trying all numbers. A handset compares dig with what it shows, rcp with its own number, and asks for the sender's
// standing now, since a statement has no expiry and a sender may have been suspended. A copy sent on to another number fails at rcp, other
// content under a good statement at dig.
//
// It does not look at certificates: the chatbot's standing, certificate included, is asked from whoever keeps chatbots.
package statement
