package lint_test

import (
	"testing"

	"simtrust/ca/lint"
)

// FuzzCheck: the lints object to whatever they cannot read, and never stop.
func FuzzCheck(f *testing.F) {
	var sets []*lint.Set
	for profile, algorithms := range subscribers {
		l := good(f, profile, algorithms[0])
		set, err := lint.For(profile, l.options)
		if err != nil {
			f.Fatal(err)
		}
		sets = append(sets, set)
		f.Add(l.der(f))
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		for _, set := range sets {
			for _, finding := range set.Check(der) {
				if finding.Lint == "" || finding.Detail == "" {
					t.Fatalf("%+v says nothing", finding)
				}
			}
		}
	})
}
