package ceremony

import (
	"context"
	"crypto"
	"time"

	"simtrust"
	"simtrust/internal/keys"
)

// Ceremony makes and extends one hierarchy.
type Ceremony struct {
	// Dir is the directory of the hierarchy.
	Dir string
	// Vault keeps the keys of issuing CAs and delegates, those a running authority needs. A dry run may do without.
	Vault *keys.Vault
	// Roots keeps the keys of the roots, which are needed only here; default Vault.
	Roots *keys.Vault
	// Now is the clock, default time.Now.
	Now func() time.Time
	// Version is that of the program, for the transcript.
	Version string
}

func (c Ceremony) now() time.Time {
	if c.Now == nil {
		return time.Now().UTC()
	}
	return c.Now().UTC()
}

func (c Ceremony) store() store { return store{c.Dir} }

// vault is where the key of a certificate of this role lies; nil in a dry run without keys.
func (c Ceremony) vault(r role) *keys.Vault {
	if r == roleRoot && c.Roots != nil {
		return c.Roots
	}
	return c.Vault
}

// public returns the public half of a key, or nil if it is not made yet.
func (c Ceremony) public(ctx context.Context, o order) (crypto.PublicKey, error) {
	v := c.vault(o.Role)
	if v == nil {
		return nil, nil
	}
	signer, err := v.Signer(ctx, o.Key)
	if simtrust.ReasonOf(err) == keys.ReasonNoKey {
		return nil, nil
	}
	if err != nil {
		return nil, keyFailed(o.ID, o.Key, err)
	}
	return signer.Public(), o.fits(signer.Public())
}

func (o order) fits(public crypto.PublicKey) error {
	alg, err := keys.AlgorithmOf(public)
	if err != nil || alg != o.Algorithm {
		return broken(ReasonKey, "the key "+o.Key+" of "+o.ID+" is not one of "+string(o.Algorithm), err)
	}
	return nil
}

func keyFailed(id, key string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindOf(err), Reason: ReasonKey, Op: "ca.hierarchy", Msg: "the key " + key + " of " + id + " cannot be used", Err: err}
}
