// Package renumber keeps the record of who holds a number at this operator, and since when.
//
// # The record
//
// A tenure is one holder's unbroken holding of one number, half-open [opened, closed). The tenures of a number never overlap, and
// at most one of them is open. The operator's feed is the only thing that opens or closes one:
//
//	assign, release      opens, closes
//	transfer             closes and opens for the new holder, within a family too
//	change-number        closes, and opens one on the new number for the same holder
//	change-user          on an organisation's line: closes, and opens one for the new user
//	port-out             the tenure goes out of sight: open, not current, everything on it rests
//	port-in              by the same holder, with no disconnection in between: the tenure is back; else a new one opens
//	new-sim, add-sim     SIMs are a dated set with one primary; "SIM change" means the primary
//	new-device           the phone changed; so do observations of the network, see [Service.ObserveDevice]
//	suspend, resume      the operator bars and frees the line
//
// One SIM may serve several numbers (secondary-number services), so a SIM is not unique to a tenure.
//
// # Two instants
//
// Every fact has an effective and a recorded instant, because feeds lag. "Current" means as recorded; questions about the past use
// effective. A late event is applied where the record is then the same as if it had come in time; otherwise it is rejected with a
// reason and changes nothing: what is recorded is never attributed to somebody else. A closed tenure is final. An event that takes
// effect in the future is refused.
//
// # The feed
//
// Batches carry a source, and a sequence number for every event. An event that was applied is applied once: sent again it is a
// duplicate, sent again with other content a conflict. Every event has its own result, and a bad one does not stop the rest. A
// rejected event leaves no trace, so it can be mended, or simply sent again once what it waited for has arrived.
//
// Each change writes [simtrust.TenureOpened], [simtrust.TenureEnded], [simtrust.SIMChanged] and [simtrust.DeviceChanged] in the
// same transaction, numbered by a counter on the tenure.
//
// # Has the number been recycled?
//
// It has not if and only if a current tenure opened by the instant asked about. It has after a gap or a transfer, and while the
// number is unassigned or ported out. After now, or before the covered window, there is no answer rather than a guessed one.
// [Service.Recycled] takes an instant and is exact. CAMARA Number Recycling 0.2 asks by day ([Service.RecycledSinceDay]): the day
// is the operator's, and false stands for a tenure that opened by the end of it. Hence its blind spot: a number that changed hands
// within the very day asked about, after the caller met the old holder, answers false.
//
// # What it does not do
//
// It keeps no name or other personal data of the holder, only the operator's own reference. It does not decide who may ask.
package renumber
