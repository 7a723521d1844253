package keys

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"

	"go.step.sm/crypto/kms/apiv1"
	"go.step.sm/crypto/kms/pkcs11"
	"go.step.sm/crypto/kms/uri"

	"simtrust"
)

const pkcs11Scheme = string(apiv1.PKCS11)

// tokenVault keeps keys in a PKCS #11 token. The label of a key is its name, its CKA_ID the first half of the name's SHA-256.
type tokenVault struct {
	uri     string
	session tokenSession
}

func openToken(ctx context.Context, token string) (*tokenVault, error) {
	if !pkcs11Built {
		return nil, broken(ReasonNoPKCS11, "this program was compiled without PKCS #11: build it with CGO_ENABLED=1, or keep the keys in a directory", nil)
	}
	v := &tokenVault{uri: token}
	var err error
	if v.session.kms, err = v.open(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *tokenVault) open(ctx context.Context) (*pkcs11.PKCS11, error) {
	u, err := uri.ParseWithScheme(pkcs11Scheme, v.uri)
	if err != nil { // the cause quotes the URI, PIN included
		return nil, broken(ReasonToken, "the PKCS #11 URI is malformed: pkcs11:module-path=FILE;token=LABEL?pin-source=FILE", nil)
	}
	kms, err := pkcs11.New(ctx, apiv1.Options{Type: apiv1.PKCS11, URI: v.uri})
	if err != nil {
		return nil, broken(ReasonToken, "cannot open the PKCS #11 token: check module-path, token and PIN", withoutPIN(err, u.Pin()))
	}
	return kms, nil
}

// withoutPIN drops an error that quotes the PIN.
func withoutPIN(err error, pin string) error {
	if pin != "" && strings.Contains(err.Error(), pin) {
		return nil
	}
	return err
}

func (v *tokenVault) create(ctx context.Context, name string, alg KeyAlgorithm) (crypto.Signer, error) {
	request, ok := alg.request(keyURI(name))
	if !ok {
		return nil, unsupported("the key algorithms of a PKCS #11 token are P-256, P-384 and RSA-3072")
	}
	err := v.use(func(kms *pkcs11.PKCS11, _ int) error {
		_, err := kms.CreateKey(request)
		return err
	})
	switch {
	case errors.As(err, new(apiv1.AlreadyExistsError)):
		return nil, keyExists(name)
	case err != nil:
		return nil, tokenFailed("cannot create the key "+name+" in the PKCS #11 token", err)
	}
	return v.signer(ctx, name)
}

func (v *tokenVault) signer(_ context.Context, name string) (crypto.Signer, error) {
	s := &tokenSigner{vault: v, name: name}
	err := v.use(func(kms *pkcs11.PKCS11, session int) (err error) {
		s.held, err = find(kms, name)
		s.session = session
		return err
	})
	switch {
	case err == nil:
	case simtrust.ReasonOf(err) == ReasonNoKey:
		return nil, err
	default:
		return nil, tokenFailed("cannot open the key "+name+" in the PKCS #11 token", err)
	}
	s.public = s.held.Public()
	if _, err := AlgorithmOf(s.public); err != nil {
		return nil, broken(ReasonDamaged, "the key "+name+" in the PKCS #11 token is a foreign one", err)
	}
	return s, nil
}

func find(kms *pkcs11.PKCS11, name string) (crypto.Signer, error) {
	signer, err := kms.CreateSigner(&apiv1.CreateSignerRequest{SigningKey: keyURI(name)})
	if errors.As(err, new(apiv1.NotFoundError)) || err != nil && strings.Contains(err.Error(), "not found") { // the kms has no typed error here
		return nil, noKey(name)
	}
	return signer, err
}

func keyURI(name string) string {
	id := sha256.Sum256([]byte(name))
	return uri.New(pkcs11Scheme, map[string][]string{"id": {hex.EncodeToString(id[:16])}, "object": {name}}).String()
}

func tokenFailed(msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonToken, Op: "keys.vault", Msg: msg, Err: err}
}
