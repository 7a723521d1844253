//go:build unix

package pgcluster

import (
	"slices"
	"testing"
)

func TestNewestVersionIsFound(t *testing.T) {
	const nine, fifteen, eighteen = "/usr/lib/postgresql/9/bin/initdb", "/usr/lib/postgresql/15/bin/initdb", "/usr/lib/postgresql/18/bin/initdb"
	if got := slices.MaxFunc([]string{fifteen, nine, eighteen}, byVersion); got != eighteen {
		t.Error(got)
	}
	if got := slices.MaxFunc([]string{nine, fifteen}, byVersion); got != fifteen {
		t.Error(got)
	}
}
