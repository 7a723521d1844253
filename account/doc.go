// Package account keeps one account per tenure, the apps that account is linked to, and what its holder consented to.
//
// # What it promises
//
//   - A tenure has at most one open account. A new tenure is a new account, whoever held the number before, unless its owner
//     moves an account there with proof of both tenures.
//   - The subject an app sees is pairwise (OpenID Connect Core 1.0 §8.1): a keyed hash of sector and account, never of a number.
//     It is stable for the life of the account, over SIM changes and moves. Apps of one sector share it, others cannot compare.
//     The store remembers which key it is used with.
//   - When a tenure ends, its account, links and consents close. Rows made at or after the instant the end took effect are
//     marked disputed: they stop working, are reported in the log and are never given to anybody else.
//   - A suspended app can do nothing: no entry, no consent, no move.
//   - A client secret is 256 random bits, shown once and kept as its SHA-256.
//
// # First login
//
//	Enter(tenure, app, scopes, purpose)   → Missing: the page asks; nothing was created
//	Consent(tenure, app, scopes, purpose) → recorded
//	Enter(tenure, app, scopes, purpose)   → account opened, app linked, subject
//	Enter again                           → one read, no write
//
// Enter trusts its caller, the OpenID Provider, that the tenure is current now: it has just located it. Whatever writes asks
// for itself.
//
// # Consent
//
// Consent binds tenure, app, purpose and each scope; the scopes agreed to in one act share its id. The purpose is a term of the
// W3C Data Privacy Vocabulary such as dpv:FraudPreventionAndDetection (CAMARA Identity and Consent Management), or empty for a
// plain OpenID app. Where the app is registered with another legal basis for the purpose, nothing is asked.
//
// # Moving
//
// StartMove, with fresh proof of the old tenure, answers a ticket for ten minutes and one use; FinishMove, with fresh proof of the
// new tenure and the ticket, takes the account and its links there. Consents stay behind: they were about the other number. No
// operation finds an account by number. A tenure that has ended proves nothing: moving with a factor bound beforehand (eID,
// passkey) is not offered yet.
//
// # Applications
//
// An [App] holds what OAuth calls client metadata (RFC 7591 §2), named for our own API. Profiles narrow what may be registered:
// camara and fapi2 apps authenticate by private_key_jwt only; an app that does not authenticate is public and relies on PKCE.
package account
