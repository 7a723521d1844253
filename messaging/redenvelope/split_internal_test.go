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

// TestEveryPlaceIsAsGood: whoever comes first or last can expect the same. The draws are seeded, so that the verdict is the same in every run;
// the bound is five standard errors of the worst place.
func TestEveryPlaceIsAsGood(t *testing.T) {
	const budget, shares, rounds = 100_000, 10, 20_000
	var sum, squares [shares]float64
	draws := seeded(2)
	for range rounds {
		left := int64(budget)
		for i := range sum {
			got := Random.next(left, int64(shares-i), draws)
			left -= got
			sum[i] += float64(got)
			squares[i] += float64(got) * float64(got)
		}
	}
	for i := range sum {
		mean := sum[i] / rounds
		spread := math.Sqrt((squares[i]/rounds - mean*mean) / rounds)
		if math.Abs(mean-budget/shares) > 5*spread {
			t.Errorf("place %d gets %.1f ± %.1f, want %d", i+1, mean, spread, budget/shares)
		}
	}
}

// TestDrawsAreUniform holds the first share of many campaigns against the range it comes from.
func TestDrawsAreUniform(t *testing.T) {
	const budget, shares, rounds = 40, 4, 40_000 // 1 to 20
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
