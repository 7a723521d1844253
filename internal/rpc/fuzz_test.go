package rpc_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/internal/rpc"
)

// FuzzDecoder sends arbitrary bodies to a strict and to a lenient face. Nothing panics; only one JSON object in UTF-8 without
// duplicate members is taken; what the strict face takes the lenient one takes too, with the same result.
func FuzzDecoder(f *testing.F) {
	strict := newRouter(rpc.Config{})
	loose := rpc.NewRouter(rpc.Config{Auth: known})
	loose.Face("/notes/", lenient{})
	rpc.Handle(loose, "note.write", writePattern, write, rpc.Scope("note:write"))

	for _, seed := range []string{
		`{"text":"a","stars":5,"parts":[{"name":"b"}]}`, `{"Text":"a"}`, `{"text":"a","text":"b"}`, `{"text":"a","x":{"TEXT":1}}`,
		`null`, `{"text":"a"}{}`, "{\"text\":\"\xff\"}", `{"extra":[[[{}]]]}`, `{"text":"internal/secret"}`, `{"stars":1e400}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := serve(strict, request("/notes/v1/n1", string(b)))
		l := serve(loose, request("/notes/v1/n1", string(b)))
		if s.Code == http.StatusOK && (l.Code != http.StatusOK || s.Body.String() != l.Body.String()) {
			t.Errorf("strict %s, lenient %d %s", s.Body, l.Code, l.Body)
		}
		var members map[string]jsontext.Value
		if l.Code == http.StatusOK && (!utf8.Valid(b) || json.Unmarshal(b, &members) != nil || members == nil) {
			t.Errorf("taken: %q", b)
		}
		var p refused
		if s.Code != http.StatusOK && (json.Unmarshal(s.Body.Bytes(), &p) != nil || p.Status != s.Code || strings.Contains(p.Detail, "goroutine")) {
			t.Errorf("%d %s", s.Code, s.Body)
		}
	})
}
