package renumber

import "simtrust"

// Reasons of errors; part of the wire contract.
const (
	ReasonNeverOurs   = "never_ours"    // not found: this operator never assigned the number
	ReasonUnassigned  = "unassigned"    // not found: nobody holds the number at that instant
	ReasonOutOfSight  = "out_of_sight"  // not found, or a rejection: the number is ported out
	ReasonOutOfWindow = "out_of_window" // invalid: the instant is in the future or before the covered window
	ReasonNotCurrent  = "not_current"   // not found, or unauthenticated where a token stands on it: the tenure is not current

	ReasonMalformed    = "malformed"     // invalid: a field does not have its form; in a feed, a rejection
	ReasonBatchTooBig  = "batch_too_big" // invalid: more than [MaxBatch] events
	ReasonPageTooBig   = "page_too_big"  // invalid: more than [MaxPage] numbers or tenures
	ReasonSourceAbsent = "source_absent" // invalid: a batch without a source, or one that is too long
)

// Reasons for which one event of a feed is rejected, beside [ReasonMalformed], [ReasonNeverOurs], [ReasonUnassigned] and
// [ReasonOutOfSight].
const (
	ReasonSeqConflict     = "seq_conflict"     // the sequence number was applied before with other content
	ReasonFuture          = "future"           // the event takes effect after now
	ReasonHeld            = "held"             // somebody holds the number
	ReasonOtherHolder     = "other_holder"     // the event names another holder than the record
	ReasonUnchanged       = "unchanged"        // the record says so already
	ReasonOutOfOrder      = "out_of_order"     // later facts of the same sort are recorded
	ReasonContradicts     = "contradicts"      // later facts are recorded that could not have happened
	ReasonEnded           = "ended"            // the tenure at that instant is closed, and a closed tenure is final
	ReasonNotOrganisation = "not_organisation" // only an organisation's line has a user
)

// rejection says why one event was not applied. A nil *rejection is acceptance.
type rejection struct{ reason, message string }

func reject(reason, message string) *rejection { return &rejection{reason, message} }

func errMalformed(op, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonMalformed, Op: op, Msg: msg}
}
