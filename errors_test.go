package simtrust_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"simtrust"
)

func TestErrorKindAndReasonSurviveWrapping(t *testing.T) {
	base := &simtrust.Error{Kind: simtrust.KindConflict, Reason: "already_used", Op: "grant.redeem", Err: io.EOF}
	err := fmt.Errorf("token: %w", base)
	if simtrust.KindOf(err) != simtrust.KindConflict || simtrust.ReasonOf(err) != "already_used" {
		t.Errorf("got %s, %s", simtrust.KindOf(err), simtrust.ReasonOf(err))
	}
	if !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
	if !errors.Is(err, &simtrust.Error{Kind: simtrust.KindConflict}) {
		t.Error("does not match its kind")
	}
	if errors.Is(err, &simtrust.Error{Kind: simtrust.KindConflict, Reason: "other"}) {
		t.Error("matches another reason")
	}
}

func TestKindOfForeignErrors(t *testing.T) {
	if simtrust.KindOf(nil) != "" || simtrust.KindOf(io.EOF) != simtrust.KindInternal || simtrust.ReasonOf(io.EOF) != "" {
		t.Error("an unknown error is internal and has no reason")
	}
}
