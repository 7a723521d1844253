// Package oidc is the OpenID Provider: it turns "this connection belongs to that tenure" into codes and tokens for applications,
// guards this program's own operations with them, and serves CAMARA Number Verification.
//
// # What it implements
//
//   - OAuth 2.0 (RFC 6749) code flow and client credentials, with the rules of RFC 9700: exact redirect URIs, PKCE S256 (RFC 7636,
//     plain never), single-use codes of at most 60 s, iss in the response (RFC 9207).
//   - OpenID Connect Core 1.0: ID token, userinfo, prompt, logins that others begin (§4); Discovery 1.0 and RFC 8414 metadata; pairwise subjects.
//   - Client authentication none, client_secret_basic and private_key_jwt (RFC 7523 §3).
//   - JWT access tokens (RFC 9068), introspection (RFC 7662), revocation (RFC 7009).
//   - The CAMARA security and interoperability profile (ICM r4.2) for clients of that profile, and CAMARA Number Verification 2.1
//     with single-use tokens.
//
// A client's profile (oidc, camara, fapi2) is a policy in one table, because the standards contradict each other. For fapi2
// clients the rules that stand without pushed requests and sender-constrained tokens are enforced: PKCE, private_key_jwt with the
// issuer as its only audience, codes of 60 s. Discovery names what is there and nothing else.
//
// # The flow
//
//	/authorize  Network.Locate: tenure, session and SIM of the connection, or an error or a page that says what to do
//	            Accounts.Enter: account, subject and consent, or a consent page, or consent_required
//	            one row in the table of grants; the code names it and carries a secret whose hash is in the row
//	/token      client, redirect URI and PKCE are checked first, then the row is marked used: one caller in the world succeeds
//	            access token with the grant's id (gid), never the tenure; ID token where openid was asked
//	each use    signature, application, grant, account, consent and tenure are asked again: a token of a tenure that ended, or
//	            whose line was suspended, is refused at its next use, and so is one of a suspended application
//
// A code that comes back after it was used revokes its grant with everything issued on it. An outcome that is not known, because
// the store went away while it committed, is temporarily_unavailable or UNAVAILABLE and never a success.
//
// # Tickets
//
// A module that writes to people has tickets made for its links (authn.ticket): one login of the person behind a tenure at one app.
//
//	GET /tap/{ticket}   changes nothing; on that tenure's data session a redirect to the app (OpenID Connect Core §4), on
//	                    somebody else's a page that says so, on nobody's a button
//	POST /tap/{ticket}  the button: the SIM shows a code, once a ticket; then the code, typed into the page of the same browser
//	/authorize          login_hint=ticket logs in whom the ticket is for, or nobody; taken with the grant in one transaction
//
// # Number verification
//
// Tokens with a number-verification scope come without a page whatever the request says, live at most 300 s, are good for one
// call and nowhere else. The first authorised, well-formed call spends one; 400 and 403 do not. It dies with the tenure, when the
// SIM changes after it was issued, and when the network reported something about the number that does not fit what is known of it.
//
// # What it does not do
//
// Refresh tokens, pushed and signed authorization requests, DPoP, mutual TLS and CIBA. It does not find the holder of a number:
// there is no way from a phone number to a login.
package oidc
