package ota

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// cmac is AES-CMAC (NIST SP 800-38B).
type cmac struct {
	block  cipher.Block
	k1, k2 [aes.BlockSize]byte // for a whole last block and for a padded one
}

func newCMAC(block cipher.Block) *cmac {
	c := &cmac{block: block}
	block.Encrypt(c.k1[:], c.k1[:])
	double(&c.k1)
	c.k2 = c.k1
	double(&c.k2)
	return c
}

// double multiplies by x in GF(2¹²⁸) (SP 800-38B §6.1), in constant time.
func double(b *[aes.BlockSize]byte) {
	carry := b[0] >> 7
	for i := range len(b) - 1 {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[len(b)-1] = b[len(b)-1]<<1 ^ carry*0x87
}

func (c *cmac) sum(scratch, head, body []byte) {
	if len(body) == 0 {
		head, body = nil, head
	}
	x := scratch[:aes.BlockSize]
	clear(x)
	chain(c.block, x, head)
	whole := max(0, len(body)-1) / aes.BlockSize * aes.BlockSize
	chain(c.block, x, body[:whole])
	c.last(x, body[whole:])
}

// last adds the last block, 0 to 16 octets.
func (c *cmac) last(x, rest []byte) {
	subtle.XORBytes(x, x, rest)
	if len(rest) == aes.BlockSize {
		subtle.XORBytes(x, x, c.k1[:])
	} else {
		x[len(rest)] ^= 0x80
		subtle.XORBytes(x, x, c.k2[:])
	}
	c.block.Encrypt(x, x)
}

// cbcMAC is the checksum of the DES family (TS 102 225 §5.1.3.2): the last block in CBC, zero initial value, zero padding. It is
// sound here because a packet begins with its own length.
type cbcMAC struct{ block cipher.Block }

func (c cbcMAC) sum(scratch, head, body []byte) {
	x := scratch[:c.block.BlockSize()]
	clear(x)
	chain(c.block, x, head)
	if rest := chain(c.block, x, body); len(rest) > 0 {
		subtle.XORBytes(x, x, rest)
		c.block.Encrypt(x, x)
	}
}

// chain runs whole blocks of data through CBC with the state x and returns the octets left over.
func chain(block cipher.Block, x, data []byte) []byte {
	for ; len(data) >= len(x); data = data[len(x):] {
		subtle.XORBytes(x, x, data)
		block.Encrypt(x, x)
	}
	return data
}
