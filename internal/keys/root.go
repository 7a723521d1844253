package keys

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
)

const rootSize = 32

// rootSecret is what every derived secret comes from. It is made once and never changes.
type rootSecret []byte

// openRoot reads the root secret, or makes it if the ring is being founded and there is none.
func openRoot(path string, seal seal, found bool) (rootSecret, error) {
	if found && !exists(path) {
		return createRoot(path, seal)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(ReasonDamaged, "the root secret is missing from the key directory: restore "+rootFile, err)
	}
	if err != nil {
		return nil, failed("keys.open", "cannot read the root secret", err)
	}
	root, err := seal.open(data)
	if errors.Is(err, errForm) || err == nil && len(root) != rootSize {
		return nil, broken(ReasonDamaged, "the root secret is damaged: restore "+rootFile, err)
	}
	if err != nil {
		return nil, broken(ReasonWrongSecret,
			"the key-encryption secret does not open the key directory: name the secret file it was created with, or restore "+rootFile, err)
	}
	return root, nil
}

func createRoot(path string, seal seal) (rootSecret, error) {
	root := make([]byte, rootSize)
	_, _ = rand.Read(root) // never fails (Go 1.24)
	text, err := seal.close(root)
	if err != nil {
		return nil, failed("keys.open", "cannot encrypt the root secret", err)
	}
	if err := writeFile(path, text); err != nil {
		return nil, failed("keys.open", "cannot write the root secret", err)
	}
	return root, nil
}
