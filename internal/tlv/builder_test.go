package tlv_test

import (
	"bytes"
	"strings"
	"testing"

	"simtrust/internal/tlv"
)

// TestLengths holds both ways of building against the three forms of a length.
func TestLengths(t *testing.T) {
	for size, header := range map[int]string{
		0: "5a00", 1: "5a01", 0x7F: "5a7f", 0x80: "5a8180", 0xFF: "5a81ff", 0x100: "5a820100", tlv.MaxValue: "5a82ffff",
	} {
		value := bytes.Repeat([]byte{0xA5}, size)
		want := append([]byte("before"), append(unhex(t, header), value...)...)
		parts := tlv.AppendBER([]byte("before"), 0x5A, value[:size/3], value[size/3:])
		body := func(dst []byte) []byte { return append(dst, value...) }
		for name, got := range map[string][]byte{"parts": parts, "func": tlv.AppendBERFunc([]byte("before"), 0x5A, body)} {
			if !bytes.Equal(got, want) {
				t.Errorf("%s of %d octets begins %x", name, size, got[:min(len(got), 12)])
			}
		}
	}
}

func TestTagsWritten(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string
	}{
		{tlv.AppendBER(nil, 0xD0), "d000"},
		{tlv.AppendBER(nil, 0x7F21), "7f2100"},
		{tlv.AppendBER(nil, 0xDF8101), "df810100"},
		{tlv.AppendComprehension(nil, 0x0D, true), "8d00"},
		{tlv.AppendComprehension(nil, 0x7E, false), "7e00"},
		{tlv.AppendComprehension(nil, 0x7F, false), "7f007f00"},
		{tlv.AppendComprehension(nil, 0x7FFF, true), "7fffff00"},
		{tlv.AppendComprehensionFunc(nil, 0x22, true, func(b []byte) []byte { return append(b, 1) }), "a20101"},
	} {
		if !bytes.Equal(c.got, unhex(t, c.want)) {
			t.Errorf("%x, want %s", c.got, c.want)
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	for name, build := range map[string]func(){
		"no BER tag":           func() { tlv.AppendBER(nil, 0) },
		"padding as a tag":     func() { tlv.AppendBER(nil, 0xFF) },
		"half a tag":           func() { tlv.AppendBER(nil, 0x7F) },
		"a tag and a half":     func() { tlv.AppendBER(nil, 0x5A01) },
		"a tag of four octets": func() { tlv.AppendBER(nil, 0xDF818201) },
		"no comprehension tag": func() { tlv.AppendComprehension(nil, 0, true) },
		"beyond 15 bits":       func() { tlv.AppendComprehension(nil, 0x8000, false) },
		"too long":             func() { tlv.AppendBER(nil, 0x5A, make([]byte, tlv.MaxValue+1)) },
		"too long together":    func() { tlv.AppendComprehension(nil, 1, false, make([]byte, tlv.MaxValue), []byte{0}) },
		"too long from inside it": func() {
			tlv.AppendBERFunc(nil, 0x5A, func(b []byte) []byte { return append(b, make([]byte, 1<<16)...) })
		},
	} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "tlv: ") {
					t.Errorf("%s: no panic of this package", name)
				}
			}()
			build()
		}()
	}
}

func TestBuildingDoesNotAllocate(t *testing.T) {
	dst, value := make([]byte, 0, 512), make([]byte, 200)
	if n := testing.AllocsPerRun(100, func() {
		tlv.AppendBERFunc(dst, 0xD0, func(b []byte) []byte {
			b = tlv.AppendComprehension(b, 0x01, true, value[:3])
			return tlv.AppendComprehension(b, 0x0D, true, value[:1], value)
		})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	b.ReportAllocs()
	dst, text := make([]byte, 0, 512), make([]byte, 140)
	for b.Loop() {
		tlv.AppendBERFunc(dst, 0xD0, func(b []byte) []byte {
			b = tlv.AppendComprehension(b, 0x01, true, text[:3])
			b = tlv.AppendComprehension(b, 0x02, true, text[:2])
			return tlv.AppendComprehension(b, 0x0D, true, text[:1], text)
		})
	}
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	pdu := unhex(b, published(b)[0].PDU)
	for b.Loop() {
		outer := tlv.BER(pdu)
		body, _ := outer.Find(proactiveCommand)
		inner := tlv.Comprehension(body.Value)
		if _, err := inner.Find(textString); err != nil {
			b.Fatal(err)
		}
	}
}
