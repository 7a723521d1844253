package keys

import (
	"context"
	"path/filepath"
)

// Lock waits until the caller is the only one, in any process, that holds the lock file at path, made where there is none. A
// process that dies holds it no longer. It serves whoever keeps what keys have signed beside them in a directory.
func Lock(ctx context.Context, path string) (unlock func(), err error) { return lock(ctx, path) }

// VaultExists tells whether a directory is that of a [Vault], without touching it.
func VaultExists(dir string) bool { return exists(filepath.Join(dir, rootFile)) }
