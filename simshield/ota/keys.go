package ota

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"
	"errors"
	"fmt"
)

// ErrKeys reports keys that the package does not work with: a wrong length, key set 0 or above 15, one key for both purposes, or
// triple DES keys that fold into single DES. The text never holds key octets.
var ErrKeys = errors.New("ota: unusable keys")

// Keys is one prepared key set of one card: KIc ciphers, KID authenticates. It keeps no key octets, is safe for concurrent use
// and prints as its number and algorithm only.
type Keys struct {
	kic, kid byte // as in the header
	cipher   cipher.Block
	mac      authenticator
}

// An authenticator computes a checksum; scratch has the size of a block at least and holds the checksum afterwards. head is a
// whole number of blocks.
type authenticator interface {
	sum(scratch, head, body []byte)
}

// NewKeys prepares AES keys of 128, 192 or 256 bits under a key set number, 1 to 15. The error wraps ErrKeys.
func NewKeys(set int, kic, kid []byte) (*Keys, error) {
	if err := check(set, kic, kid); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(kic)
	if err != nil {
		return nil, fmt.Errorf("%w: KIc has %d octets", ErrKeys, len(kic))
	}
	mac, err := aes.NewCipher(kid)
	if err != nil {
		return nil, fmt.Errorf("%w: KID has %d octets", ErrKeys, len(kid))
	}
	octet := byte(set)<<keySetShift | aesAlgorithm
	return &Keys{kic: octet, kid: octet, cipher: block, mac: newCMAC(mac)}, nil
}

// NewLegacyKeys prepares triple DES keys, of two (16 octets) or three keys (24) each, for cards that were made with them and
// cannot be given others. New cards get NewKeys. The error wraps ErrKeys.
func NewLegacyKeys(set int, kic, kid []byte) (*Keys, error) {
	if err := check(set, kic, kid); err != nil {
		return nil, err
	}
	block, cipherNibble, err := tripleDES(kic)
	if err != nil {
		return nil, fmt.Errorf("%w in KIc", err)
	}
	mac, macNibble, err := tripleDES(kid)
	if err != nil {
		return nil, fmt.Errorf("%w in KID", err)
	}
	high := byte(set) << keySetShift
	return &Keys{kic: high | cipherNibble, kid: high | macNibble, cipher: block, mac: cbcMAC{mac}}, nil
}

// check refuses what no algorithm makes good: CBC and a MAC built on CBC must not share a key.
func check(set int, kic, kid []byte) error {
	switch {
	case set < 1 || set > highestKeySet:
		return fmt.Errorf("%w: key set %d", ErrKeys, set)
	case subtle.ConstantTimeCompare(kic, kid) == 1:
		return fmt.Errorf("%w: KIc and KID are the same", ErrKeys)
	}
	return nil
}

func tripleDES(key []byte) (cipher.Block, byte, error) {
	nibble := byte(desThreeKeys)
	if len(key) == 2*des.BlockSize {
		nibble = desTwoKeys
		key = append(bytes.Clone(key), key[:des.BlockSize]...)
	}
	block, err := des.NewTripleDESCipher(key)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %d octets", ErrKeys, len(key))
	}
	if first, second, third := key[:8], key[8:16], key[16:]; sameDESKey(first, second) || sameDESKey(second, third) {
		return nil, 0, fmt.Errorf("%w: triple DES that is single DES", ErrKeys)
	}
	return block, nibble, nil
}

// sameDESKey compares without the parity bits, which the cipher ignores.
func sameDESKey(a, b []byte) bool {
	var differ byte
	for i := range a {
		differ |= (a[i] ^ b[i]) &^ 1
	}
	return differ == 0
}

// Set returns the number of the key set.
func (k *Keys) Set() int { return int(k.kic >> keySetShift) }

// Legacy reports triple DES keys.
func (k *Keys) Legacy() bool { return k.kic&algorithmNibble != aesAlgorithm }

// String returns number and algorithm.
func (k *Keys) String() string {
	algorithm := "AES"
	if k.Legacy() {
		algorithm = "3DES"
	}
	return fmt.Sprintf("ota key set %d (%s)", k.Set(), algorithm)
}

// GoString returns what String does, so that %#v shows no more.
func (k *Keys) GoString() string { return k.String() }
