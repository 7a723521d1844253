package onetap

import (
	"bytes"
	"strings"
	"testing"

	"simtrust/messaging/dispatch"
)

// FuzzToken: whatever is asked for, it is a token of ours or nothing, and there is one way to write each.
func FuzzToken(f *testing.F) {
	c := codec{[]byte("a key")}
	good := c.token(link{"dlv_0123456789abcdefghjkmnpqr0", 3})
	f.Add(good)
	f.Add(strings.ToUpper(good))
	f.Add(c.mark("msg_1", 0))
	f.Add(strings.Repeat("z", tokenLength))
	f.Fuzz(func(t *testing.T, text string) {
		l, ok := c.open(text)
		if ok && (c.token(l) != text || text != good) {
			t.Errorf("%q opens %+v", text, l)
		}
		if _, ok := c.marked("msg_2", text); ok {
			t.Errorf("%q is a mark", text)
		}
	})
}

// FuzzPersonal: a payload keeps its length and everything but its marks.
func FuzzPersonal(f *testing.F) {
	s := &Service{base: "https://id.example/t/", codec: codec{[]byte("a key")}}
	const message, delivery = "msg_1", "dlv_0123456789abcdefghjkmnpqr0"
	mark := []byte(s.Place(message, 1))
	f.Add([]byte("before "), []byte(" after"))
	f.Add([]byte(s.base), []byte(s.base))
	f.Add(mark[:30], mark[30:])
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if bytes.Contains(before, mark) || bytes.Contains(after, mark) {
			return
		}
		whole := bytes.Join([][]byte{before, mark, after}, nil)
		kept := bytes.Clone(whole)
		got := s.personal(dispatch.Submission{Copy: dispatch.Copy{Delivery: delivery}, Message: message, Payload: whole})
		if len(got) != len(whole) || !bytes.Equal(whole, kept) {
			t.Fatalf("%q became %q", kept, got)
		}
		if bytes.Contains(got, mark) || !bytes.HasPrefix(got, before) || !bytes.HasSuffix(got, after) {
			t.Errorf("%q became %q", whole, got)
		}
		if alone := s.personal(dispatch.Submission{Message: "msg_2", Payload: whole}); !bytes.Equal(alone, whole) {
			t.Errorf("another message's: %q became %q", whole, alone)
		}
	})
}
