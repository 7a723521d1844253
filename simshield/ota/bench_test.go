package ota_test

import (
	"testing"

	"simtrust/simshield/ota"
)

// 98 octets of data fill one short message.
const oneMessage = 98

func BenchmarkAppendCommand(b *testing.B) {
	for _, k := range benchKeys(b) {
		b.Run(k.name, func(b *testing.B) {
			c, buf := command(1, key(5, oneMessage)), make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.AppendCommand(buf, c); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

func BenchmarkOpenCommand(b *testing.B) {
	for _, k := range benchKeys(b) {
		b.Run(k.name, func(b *testing.B) {
			packet, buf := sealed(b, k.Keys, command(1, key(5, oneMessage))), make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				if _, status := k.OpenCommand(buf, packet, ota.Gate{}); status != ota.OK {
					b.Fatal(status)
				}
			}
			perSecond(b)
		})
	}
}

func BenchmarkOpenResponse(b *testing.B) {
	for _, k := range benchKeys(b) {
		b.Run(k.name, func(b *testing.B) {
			c, _ := k.OpenCommand(nil, sealed(b, k.Keys, command(1, nil)), ota.Gate{})
			packet, err := k.AppendResponse(nil, c, ota.OK, key(5, oneMessage))
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 0, 256)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.OpenResponse(buf, packet); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

// BenchmarkExchange is a command built and opened, its report built and opened.
func BenchmarkExchange(b *testing.B) {
	k := aesKeys(b, 16)
	c, answer := command(1, key(5, oneMessage)), key(9, 72)
	packet, opened, report, last := make([]byte, 0, 256), make([]byte, 0, 256), make([]byte, 0, 256), make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		sent, _ := k.AppendCommand(packet, c)
		got, _ := k.OpenCommand(opened, sent, ota.Gate{})
		back, _ := k.AppendResponse(report, got, ota.OK, answer)
		if _, err := k.OpenResponse(last, back); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

type benchKey struct {
	*ota.Keys
	name string
}

func benchKeys(b *testing.B) []benchKey {
	return []benchKey{{aesKeys(b, 16), "AES-128"}, {aesKeys(b, 32), "AES-256"}, {legacyKeys(b, 16), "3DES"}}
}

func perSecond(b *testing.B) { b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "packets/s") }

// TestNoAllocations holds the hot path to none.
func TestNoAllocations(t *testing.T) {
	k := aesKeys(t, 16)
	c, answer := command(1, key(5, oneMessage)), key(9, 72)
	packet, opened, report, last := make([]byte, 0, 256), make([]byte, 0, 256), make([]byte, 0, 256), make([]byte, 0, 256)
	allocations := testing.AllocsPerRun(100, func() {
		sent, _ := k.AppendCommand(packet, c)
		got, _ := k.OpenCommand(opened, sent, ota.Gate{})
		back, _ := k.AppendResponse(report, got, ota.OK, answer)
		if r, err := k.OpenResponse(last, back); err != nil || len(r.Data) != len(answer) {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}
