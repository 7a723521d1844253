package softsim_test

import (
	"runtime"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/softsim"
)

// BenchmarkCards measures the memory of a card in octets: as it is personalised, and with a login, a document and a transaction key.
func BenchmarkCards(b *testing.B) {
	const many = 1000
	p := subscriber(b)
	for b.Loop() {
		before := heap()
		cards := make([]*softsim.Card, many)
		for i := range cards {
			c, err := softsim.New(forgetful, p)
			if err != nil {
				b.Fatal(err)
			}
			cards[i] = c
		}
		b.ReportMetric(float64(heap()-before)/many, "B/card")
		for _, c := range cards {
			w := newBench(b, c)
			w.enrol(applet.KindLogin, applet.SM2)
			w.enrol(applet.KindDocument, applet.P256)
			w.enrol(applet.KindTransaction, applet.SM2)
			c.Reset()
		}
		b.ReportMetric(float64(heap()-before)/many, "B/enrolled-card")
		runtime.KeepAlive(cards)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkConfirm is a transfer from packet to signed answer: what a card, its telephone and its person take, without storage.
func BenchmarkConfirm(b *testing.B) {
	for _, a := range []applet.Algorithm{applet.P256, applet.SM2} {
		b.Run(a.String(), func(b *testing.B) {
			w := newBench(b, cardIn(b, forgetful))
			w.enrol(applet.KindTransaction, a)
			s := transfer(1)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				s.ID = applet.ID{1, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
				w.want(applet.Confirm{Statement: s}, applet.Signed)
				w.person.seen, w.person.inputs = nil, nil
			}
		})
	}
}
