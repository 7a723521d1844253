//go:build !unix

package sqldb

import (
	"errors"
	"fmt"
	"io"
)

// lockFile refuses: without a lock that ends with its process, two processes could write one file.
func lockFile(path string) (io.Closer, error) {
	return nil, fmt.Errorf("database: lock %s: %w on this system; use PostgreSQL", path, errors.ErrUnsupported)
}
