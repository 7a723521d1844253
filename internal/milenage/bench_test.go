package milenage_test

import (
	"testing"

	"simtrust/internal/milenage"
)

func BenchmarkVector(b *testing.B) {
	b.ReportAllocs()
	a := milenage.New(k, opc)
	for i := 0; b.Loop(); i++ {
		a.Vector(rand, milenage.SQN(i), amf)
	}
}

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	a := milenage.New(k, opc)
	v := a.Vector(rand, 32, amf)
	for b.Loop() {
		if _, err := a.Check(rand, v.AUTN); err != nil {
			b.Fatal(err)
		}
	}
}
