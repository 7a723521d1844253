package gateway

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	"simtrust/simshield/ota"
)

// custody seals the keys of cards: AES-256-GCM with a fresh nonce before it, over KIc and KID, which are of equal length. ICCID, key set
// and algorithm are the associated data: a row's keys open for no other card, and not as keys of a weaker algorithm.
type custody struct{ aead cipher.AEAD }

func newCustody(key []byte) (custody, error) {
	if len(key) != 32 {
		return custody{}, errors.New("gateway: the key of the card keys has not 256 bits")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return custody{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return custody{aead}, err
}

func (c custody) seal(p Personalisation, now time.Time) cardRow {
	row := cardRow{iccid: p.ICCID, imsi: p.IMSI, keySet: int64(p.KeySet), legacy: p.Legacy, way: cmp.Or(p.Way, WaySMS), created: now.UnixMilli()}
	row.keys = c.aead.Seal(nil, nil, slices.Concat(p.KIc, p.KID), row.associated())
	return row
}

// unseal returns KIc and KID.
func (c custody) unseal(row cardRow) (kic, kid []byte, err error) {
	both, err := c.aead.Open(nil, nil, row.keys, row.associated())
	if err != nil {
		return nil, nil, errors.New("gateway: the keys of a card do not open; the key that sealed them, or the row, is another")
	}
	return both[:len(both)/2], both[len(both)/2:], nil
}

func (c custody) open(row cardRow) (*ota.Keys, error) {
	kic, kid, err := c.unseal(row)
	if err != nil {
		return nil, err
	}
	return Personalisation{KeySet: int(row.keySet), KIc: kic, KID: kid, Legacy: row.legacy}.keys()
}

// holds says whether a row is that of the same keys.
func (c custody) holds(row cardRow, p Personalisation) bool {
	kic, kid, err := c.unseal(row)
	return err == nil && int(row.keySet) == p.KeySet && row.legacy == p.Legacy &&
		subtle.ConstantTimeCompare(kic, p.KIc) == 1 && subtle.ConstantTimeCompare(kid, p.KID) == 1
}

// associated binds sealed keys to their card, key set and algorithm.
func (r cardRow) associated() []byte {
	return fmt.Appendf(nil, "%s/%d/%s", r.iccid, r.keySet, algorithmOf(r.legacy))
}
