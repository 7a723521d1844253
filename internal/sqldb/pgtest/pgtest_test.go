//go:build unix

package main

import (
	"slices"
	"testing"
)

func TestRunNeedsACommand(t *testing.T) {
	if err := run(t.Context(), true, nil); err == nil {
		t.Error("a cluster was started for nothing")
	}
}

func TestNewestVersionIsFound(t *testing.T) {
	const nine, fifteen, eighteen = "/usr/lib/postgresql/9/bin/initdb", "/usr/lib/postgresql/15/bin/initdb", "/usr/lib/postgresql/18/bin/initdb"
	if got := slices.MaxFunc([]string{fifteen, nine, eighteen}, byVersion); got != eighteen {
		t.Error(got)
	}
	if got := slices.MaxFunc([]string{nine, fifteen}, byVersion); got != fifteen {
		t.Error(got)
	}
}
