// Package purchase has a person confirm or deny a purchase in a message of their bank, and on the SIM where the amount is large.
//
// # The flow
//
//	bank's core     ─ signed request ─▶ bank's chatbot ─▶ Ask: signature, link, who holds the number; a row; a notice with two suggestions
//	person, RCS     ─ button ─────────▶ Tapped: up to the threshold that is it; above it, the SIM is asked with the bank's own request
//	person, text    ─ number or word ─▶ Tapped: denies; what would confirm has the SIM asked, whatever the amount
//	bank            ◀─ one signed result ─ event purchase.answered, and GET
//	person          ◀─ how it ended, if they answered: a message under a key of the purchase's, sent by the worker, once
//
// # What an answer is bound to
//
// A suggestion carries a token: the purchase, the answer, and a MAC over these with tenure, amount, currency and expiry. It counts once,
// until the request's exp, for the tenure that held the number when the notice was made, in the chatbot that sent it, and confirms only
// while the same SIM serves the number. The person could write any token: only genuine ones do anything.
//
// # States
//
//	asked ─ button ──────────────────────▶ confirmed            any open state ─ deny ──────────────▶ denied
//	  └─ needs the SIM ─▶ starting ─▶ signing ─ signature ─▶ confirmed        ─ time over ─────────▶ expired
//	                                                                          ─ tenure or SIM gone ─▶ failed
//
// The rules are the methods of Standing, pure functions. While the SIM asks, a denial takes the question back; if the SIM has signed by then,
// the signature counts. Every end is one transaction with its result and its event, whatever races.
//
// # After a crash
//
// A confirmation is in the store before anybody hears of it. A worker follows what is open, by leases: it looks first whether the SIM was
// asked, asks it, and waits for the end, of which simshield wakes it. So a confirmed purchase is asked once, and what the SIM signed is
// found again.
//
// # What it does not do
//
// It knows simshield by a relay that carries signed requests and nothing else, so it can ask for nothing that the bank did not sign, and
// the transaction on the SIM is the bank's: the receipt is for the bank to fetch. It moves no money.
package purchase
