package messaging_test

import (
	"maps"
	"testing"
)

// TestKeysOf: the keys of many messages at once; those without one are left out.
func TestKeysOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, second := request(1), request(1)
		first.Key, second.Key = "rbm:1", "csp:2"
		a, b, none := w.send(t, first), w.send(t, second), w.send(t, request(1))
		got, err := w.KeysOf(t.Context(), []string{a.Message, "msg_none", b.Message, none.Message})
		if err != nil || !maps.Equal(got, map[string]string{a.Message: "rbm:1", b.Message: "csp:2"}) {
			t.Errorf("%v %v", got, err)
		}
	})
}
