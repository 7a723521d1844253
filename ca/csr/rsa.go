package csr

import (
	"math/big"
	"sync"
)

const (
	minRSABits  = 2048
	maxRSABits  = 4096
	minExponent = 65537
	maxExponent = 1<<31 - 1 // what crypto/rsa takes on every platform

	// smallPrimes is the bound of trial division; CA/B Forum BR 6.1.6 asks for 752, Boulder takes this.
	smallPrimes = 16384
	// fermatRounds is what BR 6.1.1.3 asks for.
	fermatRounds = 100
)

// checkRSA applies the rules on RSA keys; n and e are positive or it refuses them.
func checkRSA(n, e *big.Int) error {
	switch {
	case n.Sign() <= 0 || n.BitLen() < minRSABits || n.BitLen() > maxRSABits || n.BitLen()%8 != 0:
		return refuse(ReasonWeakKey, "RSA keys have 2048 to 4096 bits, in whole octets")
	case e.Cmp(big.NewInt(minExponent)) < 0 || e.Cmp(big.NewInt(maxExponent)) > 0 || e.Bit(0) == 0:
		return refuse(ReasonWeakKey, "the RSA exponent must be odd, from 65537 to 2147483647")
	case hasSmallFactor(n):
		return refuse(ReasonWeakKey, "the RSA modulus has a small factor")
	case fermat(n):
		return refuse(ReasonWeakKey, "the RSA primes are too close to each other")
	case roca(n):
		return refuse(ReasonWeakKey, "the RSA key has the fingerprint of CVE-2017-15361")
	}
	return nil
}

// primesBelow is the sieve of Eratosthenes.
func primesBelow(limit int) []int64 {
	composite := make([]bool, limit)
	var primes []int64
	for i := 2; i < limit; i++ {
		if composite[i] {
			continue
		}
		primes = append(primes, int64(i))
		for j := i * i; j < limit; j += i {
			composite[j] = true
		}
	}
	return primes
}

// primeProduct is the product of all small primes: one greatest common divisor replaces 1,900 divisions.
var primeProduct = sync.OnceValue(func() *big.Int {
	product := big.NewInt(1)
	for _, p := range primesBelow(smallPrimes) {
		product.Mul(product, big.NewInt(p))
	}
	return product
})

func hasSmallFactor(n *big.Int) bool {
	return new(big.Int).GCD(nil, nil, n, primeProduct()).Cmp(big.NewInt(1)) != 0
}

// fermat looks for n = a² − b² with a close to √n.
func fermat(n *big.Int) bool {
	a := new(big.Int).Sqrt(n)
	square, root := new(big.Int), new(big.Int)
	one := big.NewInt(1)
	for range fermatRounds + 1 {
		square.Mul(a, a).Sub(square, n)
		if square.Sign() >= 0 && maybeSquare(square) {
			root.Sqrt(square)
			if root.Mul(root, root).Cmp(square) == 0 {
				return true
			}
		}
		a.Add(a, one)
	}
	return false
}

// maybeSquare is false for four of five numbers that are no squares: a square is one of twelve residues modulo 64.
func maybeSquare(n *big.Int) bool {
	const residues = 1<<0 | 1<<1 | 1<<4 | 1<<9 | 1<<16 | 1<<17 | 1<<25 | 1<<33 | 1<<36 | 1<<41 | 1<<49 | 1<<57
	low := n.Bit(0) | n.Bit(1)<<1 | n.Bit(2)<<2 | n.Bit(3)<<3 | n.Bit(4)<<4 | n.Bit(5)<<5
	return uint64(residues)>>low&1 == 1
}

// rocaGroup is, for one prime, the residues that powers of 65537 take.
type rocaGroup struct {
	prime  int64
	powers []bool
}

// rocaGroups follow Nemec et al., "The Return of Coppersmith's Attack" (2017), §3: primes of the flawed library are k·M + (65537^a
// mod M), M the product of the first primes, so that a modulus is a power of 65537 modulo each of them. A sound modulus is one for
// all primes to 167 with probability below 2^-27.
var rocaGroups = sync.OnceValue(func() []rocaGroup {
	var groups []rocaGroup
	for _, p := range primesBelow(168)[1:] {
		g := rocaGroup{prime: p, powers: make([]bool, p)}
		for x := int64(1); !g.powers[x]; x = x * 65537 % p {
			g.powers[x] = true
		}
		groups = append(groups, g)
	}
	return groups
})

func roca(n *big.Int) bool {
	m := new(big.Int)
	for _, g := range rocaGroups() {
		if !g.powers[m.Mod(n, big.NewInt(g.prime)).Int64()] {
			return false
		}
	}
	return true
}
