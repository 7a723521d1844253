package csr_test

import (
	"testing"

	"simtrust/ca/csr"
)

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"p256", "p384", "rsa2048", "rsa4096", "sm2"} {
		der := file(b, name)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := csr.Parse(der); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
