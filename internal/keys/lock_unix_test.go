//go:build unix

package keys_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestRotateWaitsForTheOtherProcess(t *testing.T) {
	p, _ := newPlace(t)
	ring := p.open(t)
	_, before := ring.JWKS()
	f, err := os.Open(filepath.Join(p.dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- ring.Rotate(ctx) }()
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Fatalf("rotation under another's lock: %v", err)
	}
	if _, after := ring.JWKS(); after != before {
		t.Error("the ring changed under another's lock")
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	rotate(t, ring)
}
