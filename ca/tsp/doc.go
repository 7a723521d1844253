// Package tsp is the client's side of the Time-Stamp Protocol (RFC 3161; RFC 5816): what is sent to an authority, and what its tokens
// say.
//
//	query := tsp.Query{Hash: tsp.SHA256, Digest: sum[:], Nonce: nonce}
//	info, token, err := query.Token(authority.Stamp(ctx, query.DER()))
//
//	verifier, err := cms.NewVerifier(cms.TimeStamping, roots)
//	info, err := tsp.Verify(verifier, token)
//
// A token is signed data (RFC 5652) around a TSTInfo, in DER. Extensions, in a query or a token, are not understood: there are none
// in use, and a token with a critical one must be refused.
package tsp
