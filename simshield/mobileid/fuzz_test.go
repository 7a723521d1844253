package mobileid

import (
	"testing"
	"unicode/utf8"
)

// FuzzRequest: what is taken from a body can be asked: a hash of its length, a text of valid UTF-8 that fits.
func FuzzRequest(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := parse(body)
		if err != nil {
			return
		}
		o, err := q.order()
		if err != nil {
			return
		}
		if len(o.hash) != o.algorithm.Size() || len(o.hash) == 0 || !utf8.ValidString(o.text) || len([]rune(o.text)) > maxGSM7 || o.nationalID == "" {
			t.Errorf("taken: %+v", o)
		}
	})
}
