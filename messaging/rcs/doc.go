// Package rcs is the bearer of rich messages: an operator's RCS gateway, reached over HTTP, and what comes back from it.
//
// # To the gateway
//
// Every request is a POST of JSON with the gateway's bearer token; ids are those of copies, and all lists of an answer are in the order of
// the question.
//
//	URL/capabilities  {"numbers":["+86…"]}                             {"rcs":[true]}
//	URL/messages      {"messages":[{"id","number","channel":"rcs|enhanced","sender":{"id","name","service_id"},"reference","expires",
//	                   "content_type","body","statement","salt","possible_duplicate"}]}
//	                                                                   {"results":[{"state":"accepted|rejected|unreachable|throttled","ref","reason"}]}
//	URL/queries       {"ids":["dlv_….1"]}                              {"results":[{"state":"unknown|not_taken|accepted|delivered|displayed|failed|expired|revoked","ref","reason"}]}
//	URL/revocations   {"ids":["dlv_….1"]}                              {"results":[{"state":"revoked|too_late|unknown"}]}
//
// An id is taken once: the same one again is answered as before and not shown again. A gateway that answers not_taken to a query does not
// take that id any more. reference is the same on all copies for one recipient, so that a handset which got two of them shows one. The
// statement is the sender statement with the salt of this recipient, base64url.
//
// 429 and 503 ask for a pause (Retry-After in seconds), any other refusal of a whole request takes none of it; where no answer came, nobody
// knows.
//
// # From the gateway
//
//	POST /messaging/v1/rcs/reports       {"reports":[{"id","ref","state":"delivered|displayed|failed|expired|revoked","at","reason"}]}
//	POST /messaging/v1/rcs/inbound       {"id","from","to":"sip:…","in_reply_to":"dlv_…","content_type","body"}
//	POST /messaging/v1/rcs/spam-reports  {"from","id":"dlv_….1","type"}
//
// They need the scope messaging:bearer. Each is durable once it is answered and harmless to repeat; from and to are the person's number and
// the chatbot's service id.
package rcs
