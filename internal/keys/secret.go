package keys

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"

	"simtrust"
)

// The form of the key-encryption secret: 256 random bits or more, in base64 or hexadecimal digits. A pass phrase does not
// have it.
const (
	secretMin   = 43
	secretMax   = 4096
	secretChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="
)

// openSecret reads the key-encryption secret. The caller holds the lock of the ring, so two processes do not create it at
// once. fresh says that nothing is encrypted under it yet.
func openSecret(path string, create, fresh bool) ([]byte, error) {
	if path == "" {
		return nil, broken(ReasonSecretMissing, "no file is named for the key-encryption secret", nil)
	}
	if create && !exists(path) {
		if err := createSecret(path); err != nil {
			return nil, failed("keys.open", "cannot create the file of the key-encryption secret", err)
		}
	}
	data, info, err := readFile(path, secretMax+1)
	if errors.Is(err, fs.ErrNotExist) && fresh {
		return nil, broken(ReasonSecretMissing, "the file of the key-encryption secret does not exist: create it with (umask 077; openssl rand -hex 32 > FILE)", err)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken(ReasonSecretMissing, "the file of the key-encryption secret does not exist: restore it", err)
	}
	if err != nil {
		return nil, failed("keys.open", "cannot read the key-encryption secret", err)
	}
	if info.Mode().Perm()&0o027 != 0 {
		return nil, broken(ReasonSecretUnfit, "others may read or change the file of the key-encryption secret: chmod 600 it", nil)
	}
	secret := bytes.TrimSpace(data)
	if len(secret) < secretMin || len(data) > secretMax || len(bytes.Trim(secret, secretChars)) > 0 {
		return nil, broken(ReasonSecretUnfit, "the key-encryption secret must be 32 random bytes or more, in base64: openssl rand -base64 32", nil)
	}
	return secret, nil
}

func createSecret(path string) error {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	return writeFile(path, []byte(simtrust.NewSecret()+"\n"))
}
