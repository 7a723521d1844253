package rpc_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust/internal/rpc"
)

// lenient is a face that ignores unknown members.
type lenient struct{ rpc.Problem }

func (lenient) Strict() bool { return false }

// refused is how problem details say what was wrong.
type refused struct {
	Status     int    `json:"status"`
	Title      string `json:"title"`
	Detail     string `json:"detail"`
	Kind       string `json:"kind"`
	Reason     string `json:"reason"`
	Correlator string `json:"correlator"`
}

func TestDecoderRefuses(t *testing.T) {
	const ok = `{"text":"a"}`
	tests := map[string]struct {
		target, body string
		change       func(*http.Request)
		reason       string
		detail       string
		lenientToo   bool // a face that ignores unknown members refuses it as well
	}{
		"empty body":                  {body: "", reason: rpc.ReasonMalformedBody, detail: "required", lenientToo: true},
		"blanks":                      {body: " \n", reason: rpc.ReasonMalformedBody, lenientToo: true},
		"null":                        {body: "null", reason: rpc.ReasonMalformedBody, detail: "object", lenientToo: true},
		"array":                       {body: `[{"text":"a"}]`, reason: rpc.ReasonMalformedBody, detail: "object", lenientToo: true},
		"string":                      {body: `"text"`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"cut off":                     {body: `{"text":"a"`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"comment":                     {body: `{"text":"a" /* b */}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"trailing comma":              {body: `{"text":"a",}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"single quotes":               {body: `{'text':'a'}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"trailing text":               {body: ok + ok, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"trailing bracket":            {body: ok + "]", reason: rpc.ReasonMalformedBody, lenientToo: true},
		"byte order mark":             {body: "\xef\xbb\xbf" + ok, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"invalid UTF-8":               {body: "{\"text\":\"a\xff\"}", reason: rpc.ReasonMalformedBody, lenientToo: true},
		"overlong UTF-8":              {body: "{\"text\":\"\xc0\xaf\"}", reason: rpc.ReasonMalformedBody, lenientToo: true},
		"lone surrogate":              {body: `{"text":"\ud800"}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"control character":           {body: "{\"text\":\"a\x00b\"}", reason: rpc.ReasonMalformedBody, lenientToo: true},
		"duplicate member":            {body: `{"text":"a","text":"b"}`, reason: rpc.ReasonMalformedBody, detail: "twice", lenientToo: true},
		"duplicate by escape":         {body: `{"text":"a","\u0074ext":"b"}`, reason: rpc.ReasonMalformedBody, detail: "twice", lenientToo: true},
		"duplicate in a part":         {body: `{"text":"a","parts":[{"name":"a","name":"b"}]}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"duplicate in an unknown":     {body: `{"text":"a","other":{"x":1,"x":2}}`, reason: rpc.ReasonUnknownMember},
		"case variant":                {body: `{"Text":"a"}`, reason: rpc.ReasonUnknownMember, lenientToo: true},
		"case variant besides":        {body: `{"text":"a","TEXT":"b"}`, lenientToo: true},
		"case variant in a part":      {body: `{"text":"a","parts":[{"Name":"b"}]}`, reason: rpc.ReasonUnknownMember, lenientToo: true},
		"unknown member":              {body: `{"text":"a","colour":1}`, reason: rpc.ReasonUnknownMember, detail: "/colour"},
		"unknown member in a part":    {body: `{"text":"a","parts":[{"name":"a","colour":1}]}`, reason: rpc.ReasonUnknownMember, detail: "/parts/0/colour"},
		"path parameter in the body":  {body: `{"text":"a","id":"b"}`, reason: rpc.ReasonUnknownMember},
		"field name of a parameter":   {body: `{"text":"a","Origin":"b"}`, reason: rpc.ReasonUnknownMember},
		"number for a text":           {body: `{"text":1}`, reason: rpc.ReasonMalformedBody, detail: "/text", lenientToo: true},
		"object for a text":           {body: `{"text":{}}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"text for a number":           {body: `{"text":"a","stars":"5"}`, reason: rpc.ReasonMalformedBody, detail: "/stars", lenientToo: true},
		"fraction for a number":       {body: `{"text":"a","stars":1.5}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"number out of range":         {body: `{"text":"a","stars":9223372036854775808}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"object for a list":           {body: `{"text":"a","parts":{}}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"wrong type after an unknown": {body: `{"other":1,"text":1}`, lenientToo: true},
		"deep nesting":                {body: `{"extra":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, reason: rpc.ReasonMalformedBody, lenientToo: true},
		"oversized":                   {body: `{"text":"` + strings.Repeat("a", 64<<10) + `"}`, reason: rpc.ReasonBodyTooLarge, lenientToo: true},
		"oversized, length unsaid": {body: `{"text":"` + strings.Repeat("a", 64<<10) + `"}`,
			change: func(r *http.Request) { r.ContentLength = -1 }, reason: rpc.ReasonBodyTooLarge, lenientToo: true},
		"no content type":     {body: ok, change: without("Content-Type"), reason: rpc.ReasonMediaType, lenientToo: true},
		"form":                {body: ok, change: header("Content-Type", "application/x-www-form-urlencoded"), reason: rpc.ReasonMediaType, lenientToo: true},
		"plain text":          {body: ok, change: header("Content-Type", "text/plain"), reason: rpc.ReasonMediaType, lenientToo: true},
		"JSON sequence":       {body: ok, change: header("Content-Type", "application/json-seq"), reason: rpc.ReasonMediaType, lenientToo: true},
		"UTF-16":              {body: ok, change: header("Content-Type", "application/json; charset=utf-16"), reason: rpc.ReasonMediaType, lenientToo: true},
		"broken content type": {body: ok, change: header("Content-Type", "application/json; charset"), reason: rpc.ReasonMediaType, lenientToo: true},
		"two content types": {body: ok, change: func(r *http.Request) { r.Header.Add("Content-Type", "text/plain") },
			reason: rpc.ReasonMediaType, lenientToo: true},
		"compressed":               {body: ok, change: header("Content-Encoding", "gzip"), reason: rpc.ReasonMediaType, lenientToo: true},
		"number parameter":         {target: "?limit=ten", body: ok, reason: rpc.ReasonParameter, detail: "limit", lenientToo: true},
		"number parameter too big": {target: "?limit=99999999999999999999", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"number parameter empty":   {target: "?limit=", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"truth parameter":          {target: "?draft=perhaps", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"parameter twice":          {target: "?limit=1&limit=2", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"unknown parameter":        {target: "?colour=red", body: ok, reason: rpc.ReasonUnknownMember},
		"case variant parameter":   {target: "?Limit=1", body: ok, reason: rpc.ReasonUnknownMember},
		"broken query":             {target: "?limit=%zz", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"semicolon query":          {target: "?limit=1;draft=1", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"parameter not UTF-8":      {target: "?tag=%ff", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"path not UTF-8":           {target: "%ff", body: ok, reason: rpc.ReasonParameter, lenientToo: true},
		"header twice": {body: ok, change: func(r *http.Request) { r.Header["X-Origin"] = []string{"a", "b"} },
			reason: rpc.ReasonParameter, detail: "X-Origin", lenientToo: true},
	}
	strict := newRouter(rpc.Config{})
	loose := rpc.NewRouter(rpc.Config{Auth: known})
	loose.Face("/notes/", lenient{})
	rpc.Handle(loose, "note.write", writePattern, write, rpc.Scope("note:write"))

	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, router := range []*rpc.Router{strict, loose} {
				r := request("/notes/v1/n1"+tt.target, tt.body)
				if tt.change != nil {
					tt.change(r)
				}
				w := serve(router, r)
				if router == loose && !tt.lenientToo {
					if w.Code != http.StatusOK && !strings.HasPrefix(name, "duplicate") {
						t.Errorf("lenient face: %d %s", w.Code, w.Body)
					}
					continue
				}
				var p refused
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
					t.Fatalf("%d %s: %v", w.Code, w.Body, err)
				}
				if p.Kind != "invalid" || tt.reason != "" && p.Reason != tt.reason && router == strict || !strings.Contains(p.Detail, tt.detail) {
					t.Errorf("%+v", p)
				}
				if w.Code != p.Status || w.Code < 400 || w.Code > 499 {
					t.Errorf("status %d, in the body %d", w.Code, p.Status)
				}
			}
		})
	}
}

func TestDecoderTakes(t *testing.T) {
	const ok = `{"text":"a"}`
	plain := noted{ID: "n1", Tags: []string{}, Text: "a", Client: "desk"}
	with := func(change func(*noted)) noted {
		n := plain
		change(&n)
		return n
	}
	tests := map[string]struct {
		target, body string
		change       func(*http.Request)
		want         noted
	}{
		"least":              {body: ok, want: plain},
		"blanks around":      {body: " \n" + ok + "\r\n\t", want: plain},
		"content type":       {body: ok, change: header("Content-Type", `Application/JSON; charset="UTF-8"`), want: plain},
		"identity coding":    {body: ok, change: header("Content-Encoding", "identity"), want: plain},
		"absent member":      {body: `{}`, want: with(func(n *noted) { n.Text = "" })},
		"null member":        {body: `{"text":null}`, want: with(func(n *noted) { n.Text = "" })},
		"parameters":         {target: "?limit=5&draft=true", body: ok, want: with(func(n *noted) { n.Limit, n.Draft = 5, true })},
		"list parameter":     {target: "?tag=a&tag=b", body: ok, want: with(func(n *noted) { n.Tags = []string{"a", "b"} })},
		"header":             {body: ok, change: header("x-origin", "here"), want: with(func(n *noted) { n.Origin = "here" })},
		"escaped path":       {target: "%2F..%2Fn2", body: ok, want: with(func(n *noted) { n.ID = "n1/../n2" })},
		"escaped characters": {body: `{"text":"\u4f60\u597d\n"}`, want: with(func(n *noted) { n.Text = "你好\n" })},
	}
	router := newRouter(rpc.Config{})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := request("/notes/v1/n1"+tt.target, tt.body)
			if tt.change != nil {
				tt.change(r)
			}
			w := serve(router, r)
			var got noted
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
				t.Fatalf("%d %s: %v", w.Code, w.Body, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A number in a refused body must not come back in the error, nor reach the log by it.
func TestDecoderErrorShowsNoValue(t *testing.T) {
	const number = "13800138000"
	router := newRouter(rpc.Config{})
	for _, b := range []string{
		`{"text":` + number + `}`,
		`{"stars":"+86` + number + `"}`,
		`{"+86` + number + `":1}`,
		`{"extra":{"` + number + `":{"` + number + `":1,"` + number + `":2}}}`,
		`{"parts":[{"` + number + `":1}]}`,
		`{"text":"` + number + `" x}`,
	} {
		w := serve(router, request("/notes/v1/n1", b))
		if w.Code != http.StatusBadRequest || strings.Contains(w.Body.String(), number) {
			t.Errorf("%s: %d %s", b, w.Code, w.Body)
		}
	}
}
