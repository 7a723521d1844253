package milenage

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
	"io"
)

// Key is a secret of 128 bits: K, OP, OPc, CK or IK. It prints as a word, whatever the verb.
type Key [16]byte

// Format writes a word in place of the key.
func (Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "key") }

// RAND is the random part of a challenge.
type RAND [16]byte

// AMF is the authentication management field (TS 33.102 annexes F and H).
type AMF [2]byte

// Separated reports the separation bit (TS 33.102 annex H): the vector is for use within EPS or 5G only.
func (a AMF) Separated() bool { return a[0]&0x80 != 0 }

// OPc derives a subscriber's OPc from K and the operator's OP (TS 35.206 §4.1).
func OPc(k, op Key) Key {
	var opc Key
	newCipher(k).Encrypt(opc[:], op[:])
	subtle.XORBytes(opc[:], opc[:], op[:])
	return opc
}

// Algorithm is Milenage under the keys of one subscriber. It is safe for concurrent use and does not print its keys.
type Algorithm struct {
	block cipher.Block
	opc   Key
}

// New expands the key of a subscriber.
func New(k, opc Key) *Algorithm { return &Algorithm{block: newCipher(k), opc: opc} }

func newCipher(k Key) cipher.Block {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // a Key has the size of an AES-128 key
	}
	return block
}

// Format writes the name in place of the keys.
func (Algorithm) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "milenage") }

// F1 returns MAC-A, the code of the network over a challenge.
func (a *Algorithm) F1(rand RAND, sqn SQN, amf AMF) [8]byte {
	out := a.start(rand).out1(sqn, amf)
	return [8]byte(out[:8])
}

// F1Star returns MAC-S, the code of the card over its sequence number.
func (a *Algorithm) F1Star(rand RAND, sqn SQN, amf AMF) [8]byte {
	out := a.start(rand).out1(sqn, amf)
	return [8]byte(out[8:])
}

// F2345 returns RES, CK, IK and AK.
func (a *Algorithm) F2345(rand RAND) (res [8]byte, ck, ik Key, ak [6]byte) {
	c := a.start(rand)
	res, ak = c.f2f5()
	return res, c.f3(), c.f4(), ak
}

// F5Star returns the AK that hides the sequence number of an AUTS.
func (a *Algorithm) F5Star(rand RAND) [6]byte { return a.start(rand).f5Star() }

// challenge computes the functions over one RAND. It lives on the heap once, since a cipher.Block lets its arguments escape.
type challenge struct {
	*Algorithm
	temp, in, out [16]byte
}

// start computes TEMP = E_K(RAND ⊕ OPc).
func (a *Algorithm) start(rand RAND) *challenge {
	c := &challenge{Algorithm: a}
	subtle.XORBytes(c.in[:], rand[:], a.opc[:])
	a.block.Encrypt(c.temp[:], c.in[:])
	return c
}

// out1 returns OUT1 = E_K(TEMP ⊕ rot(IN1 ⊕ OPc, 64) ⊕ c1) ⊕ OPc with IN1 = SQN ‖ AMF ‖ SQN ‖ AMF and c1 = 0.
func (c *challenge) out1(sqn SQN, amf AMF) [16]byte {
	in := sqn.append(c.in[:0])
	in = sqn.append(append(in, amf[:]...))
	in = append(in, amf[:]...)
	for i := range in {
		c.out[(i+8)%16] = c.temp[(i+8)%16] ^ in[i] ^ c.opc[i]
	}
	return c.encrypt()
}

// rotated returns OUTi = E_K(rot(TEMP ⊕ OPc, r) ⊕ c) ⊕ OPc for i of 2 to 5, where r counts octets and c is the last octet of ci.
func (c *challenge) rotated(r int, last byte) [16]byte {
	for i := range c.out {
		from := (i + r) % 16
		c.out[i] = c.temp[from] ^ c.opc[from]
	}
	c.out[15] ^= last
	return c.encrypt()
}

func (c *challenge) encrypt() [16]byte {
	c.block.Encrypt(c.out[:], c.out[:])
	subtle.XORBytes(c.out[:], c.out[:], c.opc[:])
	return c.out
}

func (c *challenge) f2f5() (res [8]byte, ak [6]byte) {
	out := c.rotated(0, 1)
	return [8]byte(out[8:]), [6]byte(out[:6])
}

func (c *challenge) f3() Key { return c.rotated(4, 2) }

func (c *challenge) f4() Key { return c.rotated(8, 4) }

func (c *challenge) f5Star() [6]byte {
	out := c.rotated(12, 8)
	return [6]byte(out[:6])
}
