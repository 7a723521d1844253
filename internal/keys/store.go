package keys

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/softkms"
	"go.step.sm/crypto/pemutil"
)

// store keeps private keys. A hardware token is a second one: create makes the key inside, signer finds it by its label.
type store interface {
	// create makes a P-256 key that survives a crash from the moment create returns.
	create(ctx context.Context) (kid string, signer crypto.Signer, err error)
	// signer opens the private key with this id.
	signer(ctx context.Context, kid string) (crypto.Signer, error)
	// retain destroys every private key but these, and what a crash left behind.
	retain(ctx context.Context, kids ...string) error
}

const keySuffix = ".key"

// softStore keeps each key in a sealed file of its own, as PKCS #8 in PEM.
type softStore struct {
	dir  string
	seal seal
	kms  *softkms.SoftKMS
}

func newSoftStore(dir string, seal seal) softStore {
	return softStore{dir: dir, seal: seal, kms: &softkms.SoftKMS{}}
}

func (s softStore) create(context.Context) (string, crypto.Signer, error) {
	made, err := s.kms.CreateKey(&apiv1.CreateKeyRequest{SignatureAlgorithm: apiv1.ECDSAWithSHA256})
	if err != nil {
		return "", nil, err
	}
	public, err := jwkOf(made.PublicKey)
	if err != nil {
		return "", nil, err
	}
	block, err := pemutil.Serialize(made.PrivateKey, pemutil.WithPKCS8(true))
	if err != nil {
		return "", nil, err
	}
	text, err := s.seal.close(pem.EncodeToMemory(block))
	if err != nil {
		return "", nil, err
	}
	kid := public.thumbprint()
	return kid, made.CreateSignerRequest.Signer, writeFile(s.path(kid), text)
}

func (s softStore) signer(_ context.Context, kid string) (crypto.Signer, error) {
	data, err := os.ReadFile(s.path(kid))
	if errors.Is(err, os.ErrNotExist) {
		return nil, broken(ReasonDamaged, "the file of a signing key is missing: restore the key directory", err)
	}
	if err != nil {
		return nil, err
	}
	plain, err := s.seal.open(data)
	if err != nil {
		return nil, broken(ReasonDamaged, "a key file does not open: restore the key directory", err)
	}
	signer, err := s.kms.CreateSigner(&apiv1.CreateSignerRequest{SigningKeyPEM: plain})
	if err != nil {
		return nil, broken(ReasonDamaged, "a key file holds no private key: restore the key directory", err)
	}
	public, err := jwkOf(signer.Public())
	if err != nil || public.thumbprint() != kid {
		return nil, broken(ReasonDamaged, "a key file holds another key: restore the key directory", err)
	}
	return signer, nil
}

func (s softStore) retain(_ context.Context, kids ...string) error {
	keep := make(map[string]bool, len(kids))
	for _, kid := range kids {
		keep[kid+keySuffix] = true
	}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := f.Name()
		if strings.HasPrefix(name, tempPrefix) || strings.HasSuffix(name, keySuffix) && !keep[name] {
			err = errors.Join(err, os.Remove(filepath.Join(s.dir, name)))
		}
	}
	if err != nil {
		return fmt.Errorf("destroy a retired key: %w", err)
	}
	return syncDir(s.dir)
}

func (s softStore) path(kid string) string { return filepath.Join(s.dir, kid+keySuffix) }
