package ceremony

import (
	"errors"
	"io/fs"
	"os"
)

// Fingerprint is the SHA-256 of the manifest, in hexadecimal: it changes with everything that a ceremony, or a renewal, makes or
// settles. It proves nothing; [Load] does. Errors: [ReasonNoDir].
func Fingerprint(dir string) (string, error) {
	data, err := os.ReadFile(store{dir}.path(manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", missing()
	}
	if err != nil {
		return "", failed("cannot read the hierarchy", err)
	}
	return digest(data), nil
}
