package ota

import (
	"crypto/cipher"
	"crypto/subtle"
)

// Ciphering is CBC with an initial value of zero (TS 102 225 §5.1.2): the counter in the first block makes every packet begin
// differently. It runs in place, without the allocation per message of crypto/cipher's modes. data is a whole number of blocks.

func encrypt(block cipher.Block, data []byte) {
	size := block.BlockSize()
	for at := 0; at < len(data); at += size {
		b := data[at : at+size]
		if at > 0 {
			subtle.XORBytes(b, b, data[at-size:at])
		}
		block.Encrypt(b, b)
	}
}

// decrypt goes from the last block to the first, so that each finds the one before it still ciphered.
func decrypt(block cipher.Block, data []byte) {
	size := block.BlockSize()
	for at := len(data) - size; at >= 0; at -= size {
		b := data[at : at+size]
		block.Decrypt(b, b)
		if at > 0 {
			subtle.XORBytes(b, b, data[at-size:at])
		}
	}
}
