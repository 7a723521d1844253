package keys

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"strings"

	"go.step.sm/crypto/jose"
)

const rootSize = 32

// rootSecret is what every derived secret comes from. It is made once and never changes.
type rootSecret []byte

// derive returns 32 bytes for one purpose.
func (s rootSecret) derive(purpose string) []byte {
	key, err := hkdf.Expand(sha256.New, s, "simtrust/"+purpose, sha256.Size)
	if err != nil {
		panic(err) // only for more than 255 blocks
	}
	return key
}

// openRoot reads the root secret, or makes it if the ring is being founded and there is none.
func openRoot(path string, secret []byte, found bool) (rootSecret, error) {
	if found && !exists(path) {
		return createRoot(path, secret)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(ReasonDamaged, "the root secret is missing from the key directory: restore "+rootFile, err)
	}
	if err != nil {
		return nil, failed("keys.open", "cannot read the root secret", err)
	}
	jwe, err := jose.ParseEncrypted(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, broken(ReasonDamaged, "the root secret is damaged: restore "+rootFile, err)
	}
	root, err := jwe.Decrypt(secret)
	if err != nil {
		return nil, broken(ReasonWrongSecret, "the key-encryption secret does not open the key directory: name the file it was created with", err)
	}
	if len(root) != rootSize {
		return nil, broken(ReasonDamaged, "the root secret is damaged: restore "+rootFile, nil)
	}
	return root, nil
}

func createRoot(path string, secret []byte) (rootSecret, error) {
	root := make([]byte, rootSize)
	_, _ = rand.Read(root) // never fails (Go 1.24)
	jwe, err := jose.Encrypt(root, jose.WithPassword(secret))
	if err != nil {
		return nil, failed("keys.open", "cannot encrypt the root secret", err)
	}
	text, err := jwe.CompactSerialize()
	if err != nil {
		return nil, failed("keys.open", "cannot encrypt the root secret", err)
	}
	if err := writeFile(path, []byte(text+"\n")); err != nil {
		return nil, failed("keys.open", "cannot write the root secret", err)
	}
	return root, nil
}
