// Package rpc binds operations, plain functions func(ctx, Req) (Res, error), to HTTP: go-kit's endpoints and transport, written once.
//
//	rpc.Handle(r, "renumber.check", "POST /renumber/v1/check", s.check, rpc.Scope("number-recycling:check"))
//	rpc.Call[CheckReq, CheckRes](c, "POST /renumber/v1/check")   // the same operation over the network
//	rpc.Local[CheckReq, CheckRes](r, "renumber.check", token)    // the same operation in this process
//
// Two rings stand round an operation. The HTTP ring is put on at mount: recover, trace (W3C Trace Context), correlator, access log,
// metrics, size limit, time limit, and last authentication and scope, all before an octet of the body is read. The endpoint ring
// needs the decoded request: rate limits by client and by number. A remote, a local and a raw operation share the authenticator.
//
// A request type is a struct. Fields tagged path:"x", query:"x" or header:"x" (and json:"-") come from there; string, bool, int and
// int64 are possible, and []string in a query. The other fields are the JSON body, by the rules of JSON version 2: names match
// exactly, duplicate members and invalid UTF-8 are refused, nothing may follow the text. On our own API unknown members and query
// parameters are refused too. What a member must contain is the operation's business: an absent one is zero.
//
// Errors are *simtrust.Error. A [Face] renders them in the standard of its path prefix; [Problem], the face of our own API, writes
// problem details (RFC 9457) with kind and reason, out of which the client makes the same error again. Refused credentials are
// challenged as in RFC 6750.
//
// It does not stream, does not compress and knows no operation of anybody.
package rpc
