package keys

import (
	"context"
	"crypto"
	"regexp"

	"simtrust"
)

// VaultOptions say where the keys of a [Vault] are. With both Dir and PKCS11, SM2 keys are in the directory and all others in
// the token, because tokens know no SM2.
type VaultOptions struct {
	// Dir is the directory of soft keys.
	Dir string
	// Secret and CreateSecret name the key-encryption secret of Dir, as in [Options].
	Secret       string
	CreateSecret bool
	// PKCS11 is the URI of a token (RFC 7512): pkcs11:module-path=/usr/lib/softhsm/libsofthsm2.so;token=ca?pin-source=/run/pin.
	PKCS11 string
}

// Vault keeps named private keys, those of certificate authorities, their delegates and the like, for as long as they are
// needed: unlike a [Ring] it never destroys or replaces one. Its methods may be called concurrently, and by several processes.
type Vault struct {
	soft  *softVault
	token *tokenVault
}

// cabinet is one place for keys.
type cabinet interface {
	create(ctx context.Context, name string, alg KeyAlgorithm) (crypto.Signer, error)
	signer(ctx context.Context, name string) (crypto.Signer, error)
}

// OpenVault opens the directory, the token or both, and founds the directory where there is none. Errors are of kind internal,
// with [ReasonSecretMissing], [ReasonSecretUnfit], [ReasonWrongSecret] or [ReasonDamaged] for the directory, [ReasonNoPKCS11]
// or [ReasonToken] for the token; a file system error has no reason. No error holds a PIN.
func OpenVault(ctx context.Context, o VaultOptions) (*Vault, error) {
	v := &Vault{}
	if o.Dir == "" && o.PKCS11 == "" {
		return nil, failed("keys.vault", "name a key directory or a PKCS #11 token", nil)
	}
	var err error
	if o.Dir != "" {
		if v.soft, err = openSoftVault(ctx, o); err != nil {
			return nil, err
		}
	}
	if o.PKCS11 != "" {
		if v.token, err = openToken(ctx, o.PKCS11); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Close ends the session with the token.
func (v *Vault) Close() error {
	if v.token == nil {
		return nil
	}
	return v.token.close()
}

// keyName is at once a file name, a PKCS #11 label and a word of a URL.
var keyName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,62}[a-z0-9])?$`)

func checkName(name string) error {
	if keyName.MatchString(name) {
		return nil
	}
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonKeyName, Op: "keys.vault",
		Msg: "a key name is 1 to 64 lower-case letters, digits, dots and hyphens, the last two not at its ends"}
}

// Create makes a key that survives a crash from the moment Create returns. A name is used once: an existing key is never
// replaced, but refused as a conflict with [ReasonKeyExists]. Other reasons: [ReasonKeyName], [ReasonKeyAlgorithm],
// [ReasonToken].
func (v *Vault) Create(ctx context.Context, name string, alg KeyAlgorithm) (crypto.Signer, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if _, err := v.Signer(ctx, name); err == nil {
		return nil, keyExists(name) // perhaps in the other place
	} else if simtrust.ReasonOf(err) != ReasonNoKey {
		return nil, err
	}
	switch {
	case v.token != nil && alg != SM2:
		return v.token.create(ctx, name, alg)
	case v.soft != nil:
		return v.soft.create(ctx, name, alg)
	default:
		return nil, unsupported("a PKCS #11 token keeps no SM2 keys: name a key directory as well")
	}
}

// Signer opens a key. Its public half is what [AlgorithmOf] knows. An SM2 signer is an *sm2.PrivateKey: with
// sm2.DefaultSM2SignerOpts it takes the message itself and signs under the default id. A name without a key is not found, with
// [ReasonNoKey]; a damaged file is internal, with [ReasonDamaged], and a token that fails unavailable, with [ReasonToken].
func (v *Vault) Signer(ctx context.Context, name string) (crypto.Signer, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	for _, c := range v.cabinets() {
		signer, err := c.signer(ctx, name)
		if err == nil || simtrust.ReasonOf(err) != ReasonNoKey {
			return signer, err
		}
	}
	return nil, noKey(name)
}

func (v *Vault) cabinets() []cabinet {
	var all []cabinet
	if v.token != nil {
		all = append(all, v.token)
	}
	if v.soft != nil {
		all = append(all, v.soft)
	}
	return all
}

func keyExists(name string) error {
	return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonKeyExists, Op: "keys.vault", Msg: "there is a key named " + name + " already"}
}

func noKey(name string) error {
	return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNoKey, Op: "keys.vault", Msg: "there is no key named " + name}
}
