package main

import (
	"errors"
	"fmt"
	"testing"

	"simtrust"
	"simtrust/renumber"
)

// TestErrorsAsAPersonReadsThem: no operation is named, and each says the next step where there is one.
func TestErrorsAsAPersonReadsThem(t *testing.T) {
	failed := func(e simtrust.Error) error { return &e }
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("give --server"), "give --server"},
		{failed(simtrust.Error{Kind: simtrust.KindNotFound, Reason: renumber.ReasonNeverOurs, Op: "POST /renumber/v1/show", Msg: "never assigned"}),
			"never assigned; simtrust number import or assign tells the server of it"},
		{failed(simtrust.Error{Kind: simtrust.KindNotFound, Op: "POST /x"}), "not found"},
		{failed(simtrust.Error{Kind: simtrust.KindInternal, Op: "POST /x"}), "internal; the server's log has the cause"},
		{failed(simtrust.Error{Kind: simtrust.KindInternal, Op: "keys.open", Msg: "cannot read it", Err: errors.New("disk error")}), "cannot read it: disk error"},
		{fmt.Errorf("stopped early: %w; run it again", failed(simtrust.Error{Kind: simtrust.KindLimited, Op: "POST /x", Msg: "too many",
			Err: failed(simtrust.Error{Kind: simtrust.KindLimited, Op: "inner", Msg: "slow down"})})),
			"stopped early: too many: slow down; run it again; wait a moment and try again"},
	} {
		if got := advised(c.err).Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
