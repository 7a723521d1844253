//go:build !unix

package eeprom

import (
	"errors"
	"fmt"
	"os"
)

func lock(*os.File) error {
	return fmt.Errorf("eeprom: this operating system has no file lock: %w", errors.ErrUnsupported)
}
