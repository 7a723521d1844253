//go:build e2e

package gsma_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/messaging/gsma"
)

const peer = "testdata/peer"

// ajv holds payloads against the schema. It answers with what is wrong with each, empty for nothing.
func ajv(t *testing.T, payloads []jsontext.Value) (wrong []string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(peer, "node_modules")); err != nil {
		t.Fatalf("npm ci --prefix messaging/gsma/%s installs what is missing: %v", peer, err)
	}
	schema, err := os.ReadFile("testdata/chatbot-message.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	question, err := json.Marshal(map[string]any{"schema": jsontext.Value(schema), "payloads": payloads})
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "node", filepath.Join(peer, "validate.mjs"))
	cmd.Stdin, cmd.Stderr = bytes.NewReader(question), &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &complaint)
	}
	if err := json.Unmarshal(out, &wrong); err != nil || len(wrong) != len(payloads) {
		t.Fatalf("%v: %d answers to %d payloads", err, len(wrong), len(payloads))
	}
	return wrong
}

// TestAjvAcceptsWhatIsWritten holds everything that strict writing makes, from sound contents and from damaged ones, against the schema.
func TestAjvAcceptsWhatIsWritten(t *testing.T) {
	s := newSource(6)
	var sound []jsontext.Value
	for range 1500 {
		parts, err := gsma.Parts(s.content(), gsma.RCS.Limits())
		if err != nil {
			t.Fatal(err)
		}
		sound = append(sound, bodies(parts...)...)
	}
	valid := samples(t, "valid")
	for _, name := range slices.Sorted(maps.Keys(valid)) {
		sound = append(sound, valid[name])
	}
	mended, refused := damage(t, s, sound)
	t.Logf("%d sound payloads; %d damaged ones refused, %d written again", len(sound), refused, len(mended))
	if len(mended) < 100 || refused < 100 {
		t.Error("the damage is of no use")
	}
	all := append(sound, mended...)
	for i, wrong := range ajv(t, all) {
		if wrong != "" {
			t.Errorf("%s: %.2000s", wrong, all[i])
		}
	}
}

// bodies are the parts that are JSON.
func bodies(parts ...gsma.Part) (list []jsontext.Value) {
	for _, p := range parts {
		if strings.HasSuffix(p.ContentType, "+json") {
			list = append(list, p.Data)
		}
	}
	return list
}

// damage changes one thing in each payload and writes again what can be read, as far as strict writing goes along.
func damage(t *testing.T, s source, payloads []jsontext.Value) (mended []jsontext.Value, refused int) {
	t.Helper()
	for _, p := range payloads {
		var tree any
		if err := json.Unmarshal(p, &tree); err != nil {
			t.Fatal(err)
		}
		damaged, err := json.Marshal(s.damaged(tree))
		if err != nil {
			t.Fatal(err)
		}
		r, err := gsma.Decode(gsma.Part{ContentType: gsma.TypeCard, Data: damaged})
		if err != nil {
			refused++
			continue
		}
		if out, err := emit(r); err != nil {
			refused++
		} else {
			mended = append(mended, bodies(out)...)
		}
	}
	return mended, refused
}

// damaged changes something below a value.
func (s source) damaged(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return s.damagedMembers(v)
	case []any:
		i := s.IntN(len(v) + 1)
		if i == len(v) {
			return append(v, v...)
		}
		v[i] = s.damaged(v[i])
		return v
	case string:
		return pick(s, "", v+v, "x", "https://bänk.example/ ", v+strings.Repeat("x", 300), "\u202E", "2026-13-01T00:00:00Z")
	case float64:
		return pick[any](s, -v, v*1e9, 0.5, 0, "x")
	default:
		return nil
	}
}

func (s source) damagedMembers(m map[string]any) any {
	names := slices.Sorted(maps.Keys(m))
	if len(names) == 0 {
		return pick[any](s, nil, "x", map[string]any{"x": 1})
	}
	name := names[s.IntN(len(names))]
	if s.IntN(6) == 0 {
		delete(m, name)
	} else {
		m[name] = s.damaged(m[name])
	}
	return m
}

func TestAjvRefusesTheInvalidSamples(t *testing.T) {
	var names []string
	var payloads []jsontext.Value
	for name, sample := range samples(t, "invalid") {
		var s struct {
			Payload jsontext.Value `json:"payload"`
		}
		if err := json.Unmarshal(sample, &s); err != nil {
			t.Fatal(err)
		}
		names, payloads = append(names, name), append(payloads, s.Payload)
	}
	for i, wrong := range ajv(t, payloads) {
		if wrong == "" {
			t.Errorf("%s is accepted", names[i])
		}
	}
}
