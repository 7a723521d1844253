package gsma_test

import (
	"testing"

	"simtrust/messaging/gsma"
)

func BenchmarkCheck(b *testing.B) {
	b.ReportAllocs()
	c, l := purchase(), gsma.China.Limits()
	for b.Loop() {
		if err := gsma.Check(c, l); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDegrade(b *testing.B) {
	b.ReportAllocs()
	c, l := purchase(), gsma.SMS.Limits()
	for b.Loop() {
		if _, _, err := gsma.Degrade(c, l, bank); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	c, l := purchase(), gsma.RCS.Limits()
	for b.Loop() {
		if _, err := gsma.Encode(c, l); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	p, err := gsma.Encode(purchase(), gsma.RCS.Limits())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := gsma.Decode(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	_, answers := degrade(b, purchase(), gsma.SMS, bank)
	for b.Loop() {
		if _, ok := gsma.Match(answers, "回复２。"); !ok {
			b.Fatal("no match")
		}
	}
}
