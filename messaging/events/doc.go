// Package events tells a chatbot's people what became of their messages and what recipients said: one ordered log per chatbot, read by
// a webhook and by a stream of server-sent events.
//
// # Promises
//
//   - An event is written in the transaction of the change it tells of. It has the next number of its chatbot; numbers have no gaps and
//     are committed in order, so whoever has read to a number has missed nothing before it.
//   - A webhook gets every event at least once and in order, up to a hundred at a time. It acknowledges with a 2xx; anything else, a
//     redirect too, brings the same events again, later and later, up to five minutes apart.
//   - A stream goes on behind the event named by Last-Event-ID.
//   - Events are kept for a week. A webhook that was away for longer sees a gap in the numbers.
//
// # The webhook
//
// A URL is checked before it is taken: it gets {"type":"webhook.check","chatbot":…,"nonce":…} and answers 200 with {"nonce":…}. Later it gets
//
//	POST url
//	Content-Type: application/json
//	X-Simtrust-Signature: eyJ0eXAiOiJzaW10cnVzdC13ZWJob29rK2p3dCIs…
//
//	{"chatbot":"bot_…","events":[{"seq":7,"id":"evt_…","type":"message.delivered","at":"2026-11-22T08:00:00Z","data":{…}}]}
//
// The signature is a JWS in compact form (RFC 7515), typ simtrust-webhook+jwt, ES256 by a key of the server's JWKS, over iss, aud (the
// URL), iat, jti, and body: the SHA-256 of the octets of the request's body, base64url without padding. A receiver checks all of them,
// and that iat is at most five minutes old.
//
// # What it does not do
//
// It does not know what the types of events mean, and holds no telephone number: recipients are named by the ids of their deliveries.
package events
