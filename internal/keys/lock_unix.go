//go:build unix

package keys

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lock waits until this ring is the only one, in any process, that holds the lock file. The kernel drops the lock with the
// process, so a crash leaves none behind.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, failed("keys.lock", "cannot open the lock of the key directory", err)
	}
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, failed("keys.lock", "cannot lock the key directory", errors.Join(err, f.Close()))
		}
		select {
		case <-ctx.Done():
			return nil, failed("keys.lock", "another process holds the key directory", errors.Join(ctx.Err(), f.Close()))
		case <-retry.C:
		}
	}
}
