package gsma_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

// contentTypes of the roots.
var contentTypes = map[string]string{
	"message": gsma.TypeCard, "suggestions": gsma.TypeSuggestion, "response": gsma.TypeResponse, "sharedData": gsma.TypeSharedData,
}

// body is a payload with the content type of its (first) root.
func body(t testing.TB, data []byte) gsma.Part {
	t.Helper()
	var roots map[string]jsontext.Value
	if err := json.Unmarshal(data, &roots); err != nil {
		t.Fatal(err)
	}
	for root, contentType := range contentTypes {
		if _, ok := roots[root]; ok {
			return gsma.Part{ContentType: contentType, Data: data}
		}
	}
	t.Fatal("no root")
	return gsma.Part{}
}

// emit writes what came in again, strictly.
func emit(r gsma.Received) (gsma.Part, error) {
	switch {
	case r.Response != nil:
		return gsma.EncodeResponse(*r.Response)
	case r.SharedData != nil:
		return gsma.EncodeSharedData(*r.SharedData)
	case cmp.Equal(r.Content, gsma.Content{Suggestions: r.Suggestions}):
		r.Text = "a chip list is below something"
		parts, err := gsma.Parts(r.Content, gsma.RCS.Limits())
		if err != nil {
			return gsma.Part{}, err
		}
		return parts[1], nil
	default:
		return gsma.Encode(r.Content, gsma.RCS.Limits())
	}
}

func TestSamplesRoundTrip(t *testing.T) {
	for name, sample := range samples(t, "valid") {
		t.Run(name, func(t *testing.T) {
			in := body(t, sample)
			r, err := gsma.Decode(in)
			if err != nil {
				t.Fatal(err)
			}
			out, err := emit(r)
			if err != nil {
				t.Fatal(err)
			}
			if out.ContentType != in.ContentType {
				t.Errorf("content type %s, want %s", out.ContentType, in.ContentType)
			}
			if diff := cmp.Diff(canonical(t, in.Data), canonical(t, out.Data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestInvalidSamplesAreRefused names for every sample the error that says its rule.
func TestInvalidSamplesAreRefused(t *testing.T) {
	const card, carousel, chips = "/message/generalPurposeCard/content", "/message/generalPurposeCardCarousel/content", "/suggestions"
	limit := func(field string, limit, got int64, u gsma.Unit) error {
		return &gsma.LimitError{Channel: gsma.RCS, Field: field, Limit: limit, Got: got, Unit: u}
	}
	want := map[string]error{
		"card-5-suggestions.json": limit(card+"/suggestions", 4, 5, gsma.Items),
		"card-empty-content.json": &gsma.FormatError{Field: card, Why: "needs at least one of media, title and description"},
		"carousel-one-card.json":  limit(carousel, 2, 1, gsma.Items),
		"device-model-11.json":    limit("/sharedData/deviceSpecifics/deviceModel", 10, 13, gsma.Characters),
		"display-text-26.json":    limit(chips+"/0/reply/displayText", 25, 26, gsma.Characters),
		"media-without-size.json": &gsma.FormatError{Field: card + "/media/mediaFileSize", Why: "is missing"},
		"subject-61.json":         limit(chips+"/0/action/dialerAction/dialEnrichedCall/subject", 60, 61, gsma.Characters),
		"suggestions-12.json":     limit(chips, 11, 12, gsma.Items),
		"title-201.json":          limit(card+"/title", 200, 201, gsma.Characters),
		"two-roots.json":          &gsma.FormatError{Why: "must have exactly one of message, suggestions, response and sharedData"},
	}
	for name, sample := range samples(t, "invalid") {
		t.Run(name, func(t *testing.T) {
			var s struct {
				Why     string         `json:"why"`
				Payload jsontext.Value `json:"payload"`
			}
			if err := json.Unmarshal(sample, &s); err != nil {
				t.Fatal(err)
			}
			r, err := gsma.Decode(body(t, s.Payload))
			if err == nil {
				_, err = emit(r)
			}
			if diff := cmp.Diff(want[name], err); diff != "" {
				t.Errorf("%s: %s", s.Why, diff)
			}
			if !errors.Is(err, gsma.ErrLimit) && !errors.Is(err, gsma.ErrMalformed) {
				t.Errorf("%v is neither a limit nor a format", err)
			}
		})
	}
}

func samples(t testing.TB, kind string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "samples", kind, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = b
	}
	return all
}

func canonical(t testing.TB, data []byte) string {
	t.Helper()
	v := jsontext.Value(data).Clone()
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	return string(v)
}
