package keys

import (
	"context"
	"crypto"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/emmansun/gmsm/smx509"
)

// softVault keeps each key in NAME.key: PKCS #8, sealed under a key derived from the vault's root secret and the name, so
// that a file under another name does not open. The root secret is sealed, in root.jwe, under the key-encryption secret.
type softVault struct {
	dir  string
	root rootSecret
}

func openSoftVault(ctx context.Context, o VaultOptions) (*softVault, error) {
	if err := makeDir(o.Dir); err != nil {
		return nil, failed("keys.vault", "cannot create the key directory", err)
	}
	unlock, err := lock(ctx, filepath.Join(o.Dir, lockFile))
	if err != nil {
		return nil, err
	}
	defer unlock()
	empty, err := keyless(o.Dir)
	if err != nil {
		return nil, failed("keys.vault", "cannot read the key directory", err)
	}
	secret, err := openSecret(o.Secret, o.CreateSecret, empty)
	if err != nil {
		return nil, err
	}
	v := &softVault{dir: o.Dir}
	v.root, err = openRoot(filepath.Join(o.Dir, rootFile), newSeal(secret, "vault"), empty)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// keyless tells whether a directory holds no key, so that a root secret may be made for it.
func keyless(dir string) (bool, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), keySuffix) {
			return false, nil
		}
	}
	return true, nil
}

func (v *softVault) create(ctx context.Context, name string, alg KeyAlgorithm) (crypto.Signer, error) {
	unlock, err := lock(ctx, filepath.Join(v.dir, lockFile))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if exists(v.path(name)) {
		return nil, keyExists(name)
	}
	signer, err := generate(alg)
	if err != nil {
		return nil, err
	}
	der, err := smx509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return nil, failed("keys.vault", "cannot encode the key "+name, err)
	}
	text, err := v.seal(name).close(der)
	if err != nil {
		return nil, failed("keys.vault", "cannot encrypt the key "+name, err)
	}
	if err := writeFile(v.path(name), text); err != nil {
		return nil, failed("keys.vault", "cannot write the key "+name, err)
	}
	return signer, nil
}

func (v *softVault) signer(_ context.Context, name string) (crypto.Signer, error) {
	text, err := os.ReadFile(v.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noKey(name)
	}
	if err != nil {
		return nil, failed("keys.vault", "cannot read the key "+name, err)
	}
	der, err := v.seal(name).open(text)
	if err != nil {
		return nil, broken(ReasonDamaged, "the file of the key "+name+" does not open: restore the key directory", err)
	}
	key, err := smx509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, broken(ReasonDamaged, "the file of the key "+name+" holds no private key: restore the key directory", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, broken(ReasonDamaged, "the file of the key "+name+" holds no signing key: restore the key directory", nil)
	}
	if _, err := AlgorithmOf(signer.Public()); err != nil {
		return nil, broken(ReasonDamaged, "the file of the key "+name+" holds a foreign key: restore the key directory", err)
	}
	return signer, nil
}

func (v *softVault) seal(name string) seal { return newSeal(v.root, "vault/"+name) }

func (v *softVault) path(name string) string { return filepath.Join(v.dir, name+keySuffix) }
