package applet_test

import (
	"testing"

	"simtrust/simshield/applet"
)

func BenchmarkConfirmAppend(b *testing.B) {
	command, dst := applet.Confirm{Statement: about(transfer())}, make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		dst = command.Append(dst[:0])
	}
}

func BenchmarkConfirmDecode(b *testing.B) {
	data := applet.Confirm{Statement: about(transfer())}.Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := applet.DecodeCommand(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	s := about(transfer())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Compose(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignedAttributes(b *testing.B) {
	p := compose(b, about(transfer()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := applet.SignedAttributes(applet.SM2, p.DER, [32]byte{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, a := range algorithms {
		b.Run(a.String(), func(b *testing.B) {
			c := newCard(b, a)
			set, s := c.confirms(b, compose(b, about(transfer())))
			b.ReportAllocs()
			for b.Loop() {
				if err := applet.Verify(c.key.Public(), a, set, s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAssemble(b *testing.B) {
	c := newCard(b, applet.SM2)
	p := compose(b, about(transfer()))
	set, s := c.confirms(b, p)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := applet.Assemble(applet.SM2, p.DER, set, s, c.cert); err != nil {
			b.Fatal(err)
		}
	}
}
