package rbm

import (
	"errors"

	"simtrust"
)

// Reasons of refusal; part of the wire contract of our own operations.
const (
	ReasonArgument      = "rbm_argument"      // invalid: the message names the field
	ReasonUnreachable   = "rbm_unreachable"   // not found: the person has no client, or may not be written to
	ReasonNoFile        = "rbm_file"          // not found
	ReasonFiles         = "rbm_files"         // limited: the agent has named as many files as it may
	ReasonTesters       = "rbm_testers"       // limited: the agent has asked for as many testers as it may
	ReasonUnimplemented = "rbm_unimplemented" // unprocessable: an operation that this platform does not have
)

const op = "messaging.rbm"

func argument(why string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonArgument, Op: op, Msg: why}
}

// asError says what is wrong with a message as an operation says it.
func asError(err error) error {
	if field := (*FieldError)(nil); errors.As(err, &field) {
		return argument(field.Error())
	}
	return err
}

// errUnreachable is one for all causes: nobody who may not be written to is told from who has no client.
var errUnreachable = error(&simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnreachable, Op: op, Msg: "the user cannot be reached by this agent over RCS"})

var errUnimplemented = error(&simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: ReasonUnimplemented, Op: op,
	Msg: "capability callbacks are not sent; ask for the capabilities themselves"})
