package panics_test

import (
	"errors"
	"strings"
	"testing"

	"simtrust/internal/panics"
)

var errOwn = errors.New("its own")

func TestContained(t *testing.T) {
	if err := panics.Contained(func() error { return nil }); err != nil {
		t.Error(err)
	}
	if err := panics.Contained(func() error { return errOwn }); !errors.Is(err, errOwn) {
		t.Error(err)
	}
	var none *struct{ n int }
	err := panics.Contained(func() error { none.n++; return nil })
	if err == nil || !strings.Contains(err.Error(), "nil pointer") || !strings.Contains(err.Error(), "panics_test.go") {
		t.Error(err)
	}
}
