package receipt_test

import (
	"testing"

	"simtrust/simshield/receipt"
)

// BenchmarkSeal is a receipt with its time stamp and status, authority and responder included.
func BenchmarkSeal(b *testing.B) {
	for _, a := range algorithms {
		b.Run(a.String(), func(b *testing.B) {
			w := newWorld(b)
			f := w.facts(a, statement(transfer()), claims(transfer()))
			for b.Loop() {
				w.seal(f)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	roots := sampleRoots(b)
	for _, name := range samples {
		b.Run(name, func(b *testing.B) {
			evidence := sample(b, name+".json")
			for b.Loop() {
				if _, err := receipt.Verify(evidence, roots, receipt.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
