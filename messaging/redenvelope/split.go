package redenvelope

import (
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
)

// Split is how a budget is shared out.
type Split string

const (
	// Fixed gives everybody the same; the budget is a multiple of the shares.
	Fixed Split = "fixed"
	// Random draws each share uniformly from 1 to just below twice the mean of what is left, so that the mean is what whoever comes can
	// expect, at every place in the order; the later, the wider what they get may be off it. The last takes the rest.
	Random Split = "random"
)

// next is the share of whoever comes when left is to be shared out among so many, 0 < shares <= left: at least 1, and as much stays for
// each of the others.
func (s Split) next(left, shares int64, draws *mathrand.Rand) int64 {
	switch {
	case shares == 1:
		return left
	case s == Fixed:
		return left / shares
	}
	return 1 + draws.Int64N(most(left, shares, draws.Int64N(shares)))
}

// most is the largest that a share may be drawn as. Draws from 1 to u have the mean (u+1)/2, which is left/shares for u = 2·left/shares - 1. That
// need not be whole: rounding, uniform from 0 to shares-1, has it rounded up as often as to be u on average. It is at most left-(shares-1) for
// two shares and more.
func most(left, shares, rounding int64) int64 {
	whole, rest := left/shares, left%shares
	return 2*whole - 1 + (2*rest+rounding)/shares
}

// secure draws from the system's source of random numbers.
type secure struct{}

// Uint64 implements math/rand/v2.Source.
func (secure) Uint64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.NativeEndian.Uint64(b[:])
}
