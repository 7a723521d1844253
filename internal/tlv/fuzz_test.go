package tlv_test

import (
	"bytes"
	"io"
	"testing"

	"simtrust/internal/tlv"
)

func FuzzBER(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		holdReader(t, data, tlv.BER, func(dst []byte, e tlv.Element) []byte { return tlv.AppendBER(dst, e.Tag, e.Value) })
	})
}

func FuzzComprehension(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		holdReader(t, data, tlv.Comprehension, func(dst []byte, e tlv.Element) []byte {
			return tlv.AppendComprehension(dst, e.Tag, e.CR, e.Value)
		})
	})
}

// holdReader holds that what is read can be written, that it then reads the same, and that minimal octets are the ones written.
func holdReader(t *testing.T, data []byte, reader func([]byte) tlv.Reader, write func([]byte, tlv.Element) []byte) {
	elements, err := all(reader(data))
	if err != nil {
		return
	}
	var again []byte
	for _, e := range elements {
		again = write(again, e)
	}
	reread, err := all(reader(again).Minimal())
	if err != nil || len(reread) != len(elements) {
		t.Fatalf("%d elements became %d: %v", len(elements), len(reread), err)
	}
	for i, e := range elements {
		if r := reread[i]; r.Tag != e.Tag || r.CR != e.CR || !bytes.Equal(r.Value, e.Value) {
			t.Errorf("element %d: %+v became %+v", i, e, r)
		}
	}
	if _, err := all(reader(data).Minimal()); (err == nil) != bytes.Equal(again, data) {
		t.Errorf("minimal: %v, but %x is written %x", err, data, again)
	}
}

func all(r tlv.Reader) (elements []tlv.Element, err error) {
	for {
		e, err := r.Next()
		if err == io.EOF {
			return elements, nil
		}
		if err != nil {
			return nil, err
		}
		elements = append(elements, e)
	}
}
