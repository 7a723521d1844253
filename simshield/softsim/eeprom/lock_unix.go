//go:build unix

package eeprom

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lock takes f for this opening alone. The kernel drops the lock with the process, so a crash leaves none behind.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	if err != nil {
		return fmt.Errorf("eeprom: lock: %w", err)
	}
	return nil
}
