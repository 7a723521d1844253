package rbm_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// read reads a sample whole: every member of it is one of T's, and stands in what T is written as.
func read[T any](t testing.TB, name string) (v T) {
	t.Helper()
	data := sample(t, name)
	if err := json.Unmarshal(data, &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(name, err)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(canonical(t, data), canonical(t, again)); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	return v
}

// canonical leaves out what is false, which proto3 does not write.
func canonical(t testing.TB, data []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return pruned(v)
}

func pruned(v any) any {
	members, ok := v.(map[string]any)
	for name, m := range members {
		if members[name] = pruned(m); m == false {
			delete(members, name)
		}
	}
	if ok {
		return members
	}
	return v
}

func TestSamplesOfMessagesAreTranslated(t *testing.T) {
	standalone := gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{
		Layout: gsma.CardLayout{Orientation: gsma.Vertical},
		Content: gsma.CardContent{
			Title: "Purchase alert", Description: "Card 1234: CNY 88.00",
			Media: &gsma.Media{URL: "https://media.example.com/a.png", ContentType: "image/png", Size: 100<<20 - 100_000, Height: gsma.Tall,
				ThumbnailURL: "https://media.example.com/t.png", ThumbnailContentType: "image/png", ThumbnailSize: 100_000},
			Suggestions: []gsma.Suggestion{gsma.NewReply("Confirm", "txn:confirm"), gsma.NewReply("Deny", "txn:deny")},
		}}}}
	file := gsma.Content{File: &gsma.File{
		FileInfo:  gsma.FileInfo{URL: "https://media.example.com/a.mp4", ContentType: "video/mp4", Size: 100<<20 - 100_000},
		Thumbnail: &gsma.FileInfo{URL: "https://media.example.com/t.png", ContentType: "image/png", Size: 100_000},
	}}
	for name, want := range map[string]gsma.Content{
		"agentMessage-text.json": {Text: "Hello, world!"}, "agentMessage-standalone.json": standalone, "agentMessage-file.json": file,
	} {
		m := read[rbm.AgentMessage](t, name)
		got, err := m.Content(nil)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(name, err, diff)
		}
		back, err := rbm.FromContent(got)
		if diff := cmp.Diff(m.ContentMessage, back); err != nil || diff != "" {
			t.Error(name, err, diff)
		}
	}
}

func TestSamplesOfEventsAreTranslated(t *testing.T) {
	for name, want := range map[string]gsma.Received{
		"webhook-text.json":     {Content: gsma.Content{Text: "你好"}},
		"webhook-location.json": {Content: gsma.Content{Location: &gsma.Location{Latitude: 31.2183, Longitude: 121.5447}}},
	} {
		e := read[rbm.Event](t, name)
		got, err := e.Received()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(name, err, diff)
		}
		p, err := e.Part()
		if err != nil {
			t.Fatal(err)
		}
		again, err := gsma.Decode(p)
		if diff := cmp.Diff(want, again); err != nil || diff != "" {
			t.Error(name, err, diff)
		}
	}
	for name, want := range map[string]rbm.EventType{"webhook-delivered.json": rbm.Delivered, "webhook-read.json": rbm.Read} {
		e := read[rbm.Event](t, name)
		if e.EventType != want || e.MessageID != "a1" {
			t.Errorf("%s: %+v", name, e)
		}
		if _, err := e.Received(); err == nil {
			t.Errorf("%s is taken for a message", name)
		}
	}
}

func TestSamplesOfTheRest(t *testing.T) {
	for name, want := range map[string]rbm.AgentEvent{
		"agentEvent-read.json": {EventType: rbm.Read, MessageID: "MsUserMessage1"}, "agentEvent-typing.json": {EventType: rbm.IsTyping},
	} {
		if got := read[rbm.AgentEvent](t, name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if b := read[rbm.BatchGet](t, "batchGet-request.json"); len(b.Users) != 2 || b.AgentID != "bank_agent" {
		t.Errorf("%+v", b)
	}
	if c := read[rbm.Capabilities](t, "capabilities.json"); len(c.Features) != 7 {
		t.Errorf("%+v", c)
	}
}
