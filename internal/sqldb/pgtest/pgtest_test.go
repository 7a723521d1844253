//go:build unix

package main

import "testing"

func TestRunNeedsACommand(t *testing.T) {
	if err := run(t.Context(), true, nil); err == nil {
		t.Error("a cluster was started for nothing")
	}
}
