package mss

import (
	"testing"
	"time"
	"unicode/utf8"
)

var fuzzed = New(Deps{Now: func() time.Time { return time.Unix(1e9, 0) }}, Config{})

// taken checks what was taken from a message: it can be asked.
func taken(t *testing.T, m message) {
	if h, name := m.header(); h == nil || name == "" {
		t.Fatalf("a message without a header: %+v", m)
	}
	if m.Signature == nil {
		return
	}
	o, err := fuzzed.order(m.Signature)
	if err != nil {
		return
	}
	if len(o.data) == 0 || len(o.data) > maxData || !utf8.ValidString(o.text) || o.life < 0 || o.hashed && len(o.data) != 32 || o.mode == modeServer && o.url == "" {
		t.Errorf("taken: %+v", o)
	}
}

// FuzzJSON: messages in JSON.
func FuzzJSON(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		if m, err := parse(body); err == nil {
			taken(t, m)
		}
	})
}

// FuzzSOAP: messages in SOAP; nothing that XML can say makes another message than the same in JSON.
func FuzzSOAP(f *testing.F) {
	f.Fuzz(func(t *testing.T, document []byte) {
		if m, _, err := parseSOAP(document); err == nil {
			taken(t, m)
		}
	})
}
