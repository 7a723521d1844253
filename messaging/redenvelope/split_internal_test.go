package redenvelope

import (
	"math"
	mathrand "math/rand/v2"
	"testing"
)

// seeded draws the same in every run.
func seeded(n byte) *mathrand.Rand { return mathrand.New(mathrand.NewChaCha8([32]byte{n})) }

// TestSplit holds every campaign of few units, and larger ones, to the sum and to the bounds of each share.
func TestSplit(t *testing.T) {
	draws := seeded(1)
	check := func(split Split, budget, shares int64) {
		t.Helper()
		left := budget
		for n := shares; n > 0; n-- {
			got := split.next(left, n, draws)
			if got < 1 || got > left-(n-1) || n > 1 && split == Random && float64(got) > 2*float64(left)/float64(n) || split == Fixed && got != budget/shares {
				t.Fatalf("%s %d/%d: %d of %d for %d", split, budget, shares, got, left, n)
			}
			left -= got
		}
		if left != 0 {
			t.Fatalf("%s %d/%d: %d is left", split, budget, shares, left)
		}
	}
	for budget := int64(1); budget <= 60; budget++ {
		for shares := int64(1); shares <= budget; shares++ {
			for range 20 {
				check(Random, budget, shares)
			}
			if budget%shares == 0 {
				check(Fixed, budget, shares)
			}
		}
	}
	check(Random, maxBudget, 1000)
	check(Random, maxBudget, 2)
	check(Random, 100_000, 100_000)
	check(Random, 100_001, 100_000)
	check(Fixed, maxBudget, 1000)
}

// TestExpectation: over all draws that there are, a share is the mean of what is left, to the last unit. Then the mean of what is left after it
// can be expected to be the same, and so with every share to come.
func TestExpectation(t *testing.T) {
	for left := int64(2); left <= 400; left++ {
		for shares := int64(2); shares <= left; shares++ {
			var twice int64 // the sum, over all roundings, of twice the mean of the draws from 1 to the most
			for rounding := range shares {
				u := most(left, shares, rounding)
				if u < 1 || u > left-(shares-1) || u*shares > 2*left {
					t.Fatalf("%d of %d for %d", u, left, shares)
				}
				twice += u + 1
			}
			if twice != 2*left {
				t.Fatalf("of %d for %d one can expect %d/%d", left, shares, twice, 2*shares)
			}
		}
	}
}

// TestEveryPlaceIsAsGood: whoever comes first or last can expect the same, of little as of much. The draws are seeded, so that the verdict is the
// same in every run; the bound is five standard errors of each place.
func TestEveryPlaceIsAsGood(t *testing.T) {
	for _, c := range []struct{ budget, shares int }{{1000, 100}, {150, 100}, {100, 40}, {100_000, 10}} {
		const rounds = 10_000
		sum, squares := make([]float64, c.shares), make([]float64, c.shares)
		draws := seeded(2)
		for range rounds {
			left := int64(c.budget)
			for i := range sum {
				got := Random.next(left, int64(c.shares-i), draws)
				left -= got
				sum[i] += float64(got)
				squares[i] += float64(got) * float64(got)
			}
		}
		for i := range sum {
			mean, want := sum[i]/rounds, float64(c.budget)/float64(c.shares)
			spread := math.Sqrt((squares[i]/rounds - mean*mean) / rounds)
			if math.Abs(mean-want) > 5*spread {
				t.Errorf("%d for %d: place %d gets %.2f ± %.2f, want %.2f", c.budget, c.shares, i+1, mean, spread, want)
			}
		}
	}
}

// TestDrawsAreUniform holds the first share of many campaigns against the range it comes from.
func TestDrawsAreUniform(t *testing.T) {
	const budget, shares, rounds = 42, 4, 40_000 // 1 to 20
	var seen [21]int
	draws := seeded(3)
	for range rounds {
		seen[Random.next(budget, shares, draws)]++
	}
	for amount, n := range seen[1:] {
		if want := rounds / 20; math.Abs(float64(n-want)) > 5*math.Sqrt(float64(want)) {
			t.Errorf("%d came %d times, want %d", amount+1, n, want)
		}
	}
}

// TestSecureDraws: the source of the real draws does not repeat.
func TestSecureDraws(t *testing.T) {
	seen := map[uint64]bool{}
	for range 1000 {
		seen[secure{}.Uint64()] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different draws of 1000", len(seen))
	}
}
