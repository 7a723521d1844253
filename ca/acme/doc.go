// Package acme is the ACME face of the certificate authority: clients such as certbot, lego and acmez obtain, renew and revoke
// certificates for DNS names without a person's help.
//
// # Standards
//
// RFC 8555 with the challenges http-01 and dns-01, and tls-alpn-01 of RFC 8737; renewal information (RFC 9773). Every account is
// bound to an external one (RFC 8555, section 7.3.4): an officer makes a key with POST /ca/v1/acme/eab, which says what profile and
// what names its accounts may have. One key serves several accounts. A key that is withdrawn binds no new account; those that are
// bound go on, unless the withdrawal deactivates them too.
//
// # The flow
//
//	newAccount    jwk, bound by an HS256 key ──▶ account
//	newOrder      names ──▶ order pending, per name an authorization pending with its challenges
//	challenge     pending ──▶ processing; the name is looked at from here ──▶ valid or invalid, and with it authorization and order
//	finalize      order ready, CSR of exactly its names ──▶ processing ──▶ valid with a certificate
//
// Each step is one transaction guarded by the state it leaves, so no stored state goes back, whoever crashes. Challenges and orders
// found processing are taken up again: a certificate is issued under the order's id as request key, so the same order never has
// two, and one that was handed out is served again with the same bytes. An order that nobody took up for as long as request keys are
// remembered ends without one. A new order is always new: authorizations are not shared
// between orders, and one that failed blocks nothing.
//
// # What is checked of a request
//
// The JWS is flattened, has one signature by ES256, RS256 or EdDSA and no unprotected header; its url is the one requested; it names
// either its key or its account, as the operation wants. Its nonce is one of ours, not older than an hour, and spent durably before
// anything is done: a replay is answered with badNonce and a fresh one. A nonce is kept only once it is spent; until then it proves
// itself by a MAC.
//
// # What it does not do
//
// It does not look at CAA records, nor from several places in the network; it has no pre-authorization (newAuthz), and orders
// cannot choose the time of validity.
package acme
