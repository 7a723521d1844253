//go:build !unix

package keys

import (
	"context"
	"errors"
)

func lock(context.Context, string) (unlock func(), err error) {
	return nil, failed("keys.lock", "this operating system is not supported: the key directory needs a file lock", errors.ErrUnsupported)
}
