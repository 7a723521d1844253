//go:build unix

package sqldb

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// lockFile takes an exclusive lock that the system drops when the process ends, however it ends. The file itself stays: removing
// it would let two processes lock two different files of that name.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrFileInUse
	}
	return nil, errors.Join(fmt.Errorf("database: lock %s: %w", path, err), f.Close())
}
