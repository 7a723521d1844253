// Package simshield makes the SIM card a signing device: a bank sends a transfer, the phone shows exactly what will be signed, the person
// enters the signing PIN, the key inside the card signs, and the bank receives a receipt built as evidence. Log-ins and documents go the
// same way, under other keys.
//
// # The flow
//
//	party ─ signed request ─▶ Confirm: who holds the number, which key, may it be shown, what does the policy say
//	                          └▶ one row, open, in one transaction with the sums of the day and the message to the card
//	card  ─ signature ──────▶ Replied: verified over the statement, the holding looked at again,
//	                          time stamp, then the certificate's status, then one transaction that ends the row
//	party ◀─ receipt ──────── Receipt
//
// # Promises
//
// A transaction ends once, whatever races: an answer, a cancellation, the end of its time, the end of the holding. A card has one open at
// a time. An order has one transaction; the same order with another content is refused. What is not shown is not signed: what a handset
// could show in another way than it is meant is refused when it is asked for (package applet).
//
// Everything hangs on a tenure and a card. A key signs while the tenure that it was enrolled for is current and its card is the one that
// serves the number; with a new card or holder nothing is inherited. That is looked at when a transaction is opened and again when the
// signature comes; events only tidy up.
//
// Amounts are reserved in the day's sums when the question is put, under a lock, and given back unless it is signed.
//
// # Keys
//
// A party that has identified a person opens a registration and hands out a one-time code. The card asks for it, makes the key inside and
// proves that it has it by a certification request (RFC 2986), and package ca issues the certificate of the profile for applet and kind. A
// blocked PIN ends the key; there is no way to set a PIN from afar. Another registration needs another card, and the person at the counter or
// two operators.
//
// # Carried requests
//
// A module of the platform may carry a request that a party signed (Relay), say for a person who confirms a message. What it opens is the
// party's transaction, counts against the party, and asks the one holder who is meant. It learns of what it has the request of, and nothing else.
//
// # Standards
//
// PBoC circular 261/2016 and the circular's limits (Policy). What it signs: package applet. How it travels: packages gateway and ota.
package simshield
