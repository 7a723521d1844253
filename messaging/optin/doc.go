// Package optin knows which people a chatbot may write to, and that they are still the same people.
//
// # The promise
//
// An opt-in binds a chatbot to the tenure that was current at the instant at which it was obtained, never to the number. When the
// number goes to somebody else, the opt-in stops matching by construction: [Service.Recipients] resolves every number to its tenure,
// and [Service.Still] is asked again before each submit, both from the record of holders itself. Where that cannot answer, nobody is
// written to. Events mark rows that are over ([Service.TenureEnded]); nothing waits for them.
//
// # What a sender learns
//
//	recipient_changed  an opt-in of this chatbot exists, or is told of, for somebody who does not hold the number now
//	no_opt_in          there is none; the number may be anybody's or nobody's
//	refused            the person does not want it
//	sim_changed        held back: another SIM serves the number for less time than the sender allows
//
// and nothing else: not who holds a number, since when, or whether anybody does. That an opt-in existed on an earlier tenure is read off
// a keyed hash of chatbot and number; the number itself is not stored.
//
// # The life of an opt-in
//
//	             opt-in            renewed opt-in       refusal    START    withdrawal   late fact   tenure ends
//	(none)       active            active, announced    refused    active
//	active       active                                 refused    active   withdrawn    disputed    ended
//	withdrawn    active, if later                       refused    active   withdrawn
//	disputed     active, if later                       refused    active   withdrawn
//	refused      refused                                refused    active   refused
//	ended        RECIPIENT_CHANGED
//
// A refusal is the person's: only a START from their own phone ends it, whatever a sender uploads. A withdrawal is the sender's. An
// opt-in that was obtained before the withdrawal or the dispute does not bring the row back.
//
// # Renewal
//
// After RECIPIENT_CHANGED an opt-in for the same number is a renewal. It binds only if it was obtained since that answer was given, so
// that nobody finds out by trial when the number changed hands; it is counted against a daily limit of the chatbot; it is in the
// record of changes; and [Renewed] has the handset show it with a refusal at one tap.
//
// # Limits
//
// Each RECIPIENT_CHANGED about a number that the chatbot was not told of before counts against another daily limit. Once that is used up
// no opt-in of the chatbot is looked at until the next day, so that nobody walks through numbers to learn who has gone.
//
// # Disputes
//
// A feed may learn late that a holder had gone, or a SIM was replaced, before an opt-in was obtained. Such an opt-in is disputed: it
// stops working, is never attributed to somebody else, and stays in the record of changes for the operator to see.
//
// # What is kept
//
// A standing is kept while its tenure lasts, and with it the change that made it what it is. After the end of the tenure, which every
// later answer rests on, both are kept for three years, and so is a change after another took its place: long enough to show what a
// message rested on. That a chatbot was told RECIPIENT_CHANGED is kept as long. Then a number is to the chatbot as it never was: an old
// list still binds nobody, by the record of holders, but a new opt-in is a first one.
//
// # What it does not do
//
// It sends nothing, and does not judge evidence: what a sender states is kept and shown to the operator.
package optin
