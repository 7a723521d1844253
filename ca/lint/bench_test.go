package lint_test

import (
	"testing"

	"simtrust/ca/lint"
)

func BenchmarkCheck(b *testing.B) {
	for profile, algorithms := range subscribers {
		for _, algorithm := range algorithms {
			l := good(b, profile, algorithm)
			set, err := lint.For(l.profile, l.options)
			if err != nil {
				b.Fatal(err)
			}
			der := l.der(b)
			b.Run(profile+"/"+algorithm, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if f := set.Check(der); len(f) > 0 {
						b.Fatal(f)
					}
				}
			})
		}
	}
}
